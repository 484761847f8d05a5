"""People: what is sent to begin and change a file, and what of it is told.

Fields that the reader's role may not see (``api/access/fields.csv``) are left out of an answer, and
named in ``hidden``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from api.schemas.base import Count, Model, TierName
from api.schemas.days import BirthDay, Day
from api.schemas.inputs import Body, Code, Lat, Line, Lng, Name, Note, Reason
from api.schemas.pages import PageQuery, Word

Sex = Literal["male", "female", "unknown"]
State = Literal["applied", "vetted", "training", "active", "suspended", "refused", "left"]
Condition = Literal["other_person", "consent", "adult", "trained", "insured"]
Purpose = Literal["contact", "identity_check", "insurance", "emergency", "legal_request"]
Sealed = Literal["phone", "id_number", "address", "home"]
Phone = Annotated[
    str,
    Field(max_length=40, description="The empty text clears it.", examples=["139 0472 0000"]),
]
IdNumber = Annotated[
    str,
    Field(
        max_length=40,
        description="GB 11643, 18 characters; it gives the date of birth and the sex. The empty "
        "text clears it.",
    ),
]
_NEXT = Field(description="Give it back as `cursor` for what follows; null at the end.")


class PersonQuery(PageQuery):
    """What people must be to be listed; what is not named asks nothing."""

    name: Word = Field(None, description="Part of a name.")
    code: Word = Field(None, description="Beginning of a code.")
    phone: Word = Field(None, description="A whole telephone number, however written.")
    id_number: Word = Field(None, description="A whole ID number.")
    station: Word = Field(None, description="A station.")
    beat: Word = Field(None, description="A beat in whose team they are today.")
    team: Word = Field(None, description="A team in which they are today.")
    profession: Word = Field(None, description="A profession.")
    qualification: Word = Field(None, description="A qualification that they hold today.")
    role: Word = Field(None, description="A duty role that they have today.")
    tier: TierName | None = None
    state: Annotated[list[State], Field(max_length=7)] | None = Field(
        None, description="Default: all but those who were refused or left."
    )
    with_total: bool = Field(False, description="Count them, too.")


class Point(Body):
    """A place, WGS-84."""

    lat: Lat
    lng: Lng


class Values(Body):
    """Fields of a file that may be written; those that are not named stay as they are."""

    name: Name | None = Field(None, examples=["王桂兰"])
    sex: Sex | None = None
    born_on: BirthDay | None = None
    employer: Line | None = None
    address: Line | None = None
    note: Note | None = None
    max_shifts: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        None, description="The most shifts a week."
    )
    travel_limit_m: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    profession: Code | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    home: Point | None = None

    @model_validator(mode="after")
    def _some_cannot_be_cleared(self) -> Values:
        for name in ("name", "sex", "max_shifts", "phone", "id_number"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"expected a value of {name}, got null")
        return self


class PersonEdit(Values):
    """A change of a file; null clears a field that may be empty."""


class Consent(Body):
    """A consent that was given, to which wording."""

    purpose: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z_]+$")] = Field(
        examples=["personal_data"]
    )
    wording: Code = Field(description="The version of the wording.", examples=["2026-11"])


class NewPerson(Body):
    """An application (报名): of a volunteer, to a station."""

    station: Code = Field(examples=["150203012"])
    values: Values
    consents: Annotated[list[Consent], Field(max_length=20)] = Field(
        default_factory=list,
        description="Without `personal_data` nobody passes vetting.",
    )


class NewStaff(NewPerson):
    """An officer or auxiliary who is hired already."""

    tier: Literal["officer", "auxiliary"]


class Vetting(Body):
    """What the vetting of an application came to; a refusal and a reopening have a reason."""

    step: Literal["pass", "refuse", "reopen"]
    reason: Reason | None = None


class Activation(Body):
    """Begin the training, or serve: of age, trained, a volunteer insured today."""

    step: Literal["train", "activate"]


class Suspension(Body):
    """Suspend or reinstate, for a reason."""

    step: Literal["suspend", "resume"]
    reason: Reason


class Transfer(Body):
    """Move to another station; memberships in the old one's teams and beats end."""

    station: Code
    reason: Reason | None = None


class TeamTransfer(Body):
    """Move from a team to another."""

    from_team: Code
    to_team: Code
    is_leader: bool = False
    reason: Reason | None = None


class NewAward(Body):
    """An award or commendation of somebody else; leaving erases its reason."""

    awarded_on: Day = Field(description="Today or before.", examples=["2026-11-01"])
    title: Name = Field(examples=["平安标兵"])
    awarded_by: Line | None = Field(None, description="Which office.", examples=["昆北派出所"])
    note: Line | None = Field(None, description="What for.", examples=["全年夜巡无一缺勤"])


class AwardWithdrawal(Body):
    """Why an award is taken back; the member reads it in their own file."""

    reason: Reason = Field(examples=["entered for another member"])


class NewRole(Body):
    """A duty role that is taken on."""

    role: Code = Field(examples=["patrol_guard"])


class Opening(Body):
    """Sealed fields to be opened, and what for; the audit keeps both and shows the member."""

    fields: Annotated[list[Sealed], Field(min_length=1, max_length=4)]
    purpose: Purpose


class Opened(Model):
    """Sealed fields in the clear: those that were asked for."""

    phone: str | None = None
    id_number: str | None = None
    address: str | None = None
    home: OpenedHome | None = None


class OpenedHome(Model):
    """Where somebody lives."""

    lat: float
    lng: float


class PersonRow(Model):
    """A person as lists show them."""

    code: str
    row_version: int
    name: str | None = None
    tier: TierName | None = None
    state: State | None = None
    station: str | None = None
    station_name: str | None = None
    profession: str | None = None
    phone_masked: str | None = None
    teams: list[str] | None = None
    qualifications: list[str] | None = None
    insured_until: date | None = None
    max_shifts: Count | None = None


class People(Model):
    """A page of people by the order in which they came."""

    items: list[PersonRow]
    next: str | None = _NEXT
    total: int | None = Field(description="How many in all, where `with_total` asked for it.")


class Profile(Model):
    """A person's own row."""

    code: str
    created_at: datetime
    updated_at: datetime
    row_version: int
    tier: TierName | None = None
    state: State | None = None
    name: str | None = None
    sex: Sex | None = None
    born_on: date | None = None
    employer: str | None = None
    profession: str | None = None
    station: str | None = None
    station_name: str | None = None
    sub_bureau: str | None = None
    sub_bureau_name: str | None = None
    phone_masked: str | None = None
    id_number_masked: str | None = None
    has_address: bool | None = None
    home_area: str | None = Field(None, description="A coarse cell (H3, resolution 7).")
    max_shifts: Count | None = None
    travel_limit_m: float | None = None
    show_up: float | None = None
    joined_on: date | None = None
    left_on: date | None = None
    note: str | None = None


class HeldQualification(Model):
    """A qualification in a file."""

    id: int
    qualification: str
    granted_on: date
    expires_on: date | None
    revoked_on: date | None
    certificate_no: str | None
    course_run_id: int | None
    is_valid: bool


class HeldRole(Model):
    """A duty role in a file."""

    id: int
    role: str
    since: date
    until: date | None
    is_current: bool


class JoinedTeam(Model):
    """A team in a file."""

    code: str
    name: str
    specialism: str | None
    is_leader: bool
    since: date
    until: date | None
    is_current: bool


class JoinedBeat(Model):
    """A beat in a file."""

    code: str
    name: str
    duty: str
    since: date
    until: date | None
    is_current: bool


class Trained(Model):
    """A run of a course in a file."""

    run: int
    course: str
    name: str
    mode: str
    batch: str
    starts_at: datetime
    ends_at: datetime
    state: str
    score: float | None


class Cover(Model):
    """A cover of an insurance policy in a file."""

    id: int
    insurer: str
    policy_no: str
    starts_on: date
    ends_on: date
    sum_insured_fen: int | None


class HabitRow(Model):
    """A habit in a file; weekday 0 is Monday."""

    weekday: int
    template: str
    dislike: int


class ExceptionRow(Model):
    """Days on which a habit does not hold, both included."""

    id: int
    starts_on: date
    ends_on: date
    template: str | None
    can_come: bool
    dislike: int
    reason: str | None


class Turns(Model):
    """How often and how long somebody served."""

    turns: Count
    minutes: Count


class Service(Turns):
    """Turns of duty in all and by kind."""

    by_kind: dict[str, Turns]


class AwardRow(Model):
    """An award in a file."""

    id: int
    awarded_on: date
    title: str
    awarded_by: str | None
    note: str | None


class ConsentRow(Model):
    """A consent in a file."""

    id: int
    given_at: datetime
    purpose: str
    wording: str
    withdrawn_at: datetime | None


class EventRow(Model):
    """A step of a membership in a file."""

    id: int
    at: datetime
    kind: str
    from_value: str | None
    to_value: str | None
    reason: str | None
    actor: str


class PersonFile(Model):
    """One file per member (一人一档); what the reader may not see is left out."""

    profile: Profile
    qualifications: list[HeldQualification] | None = None
    roles: list[HeldRole] | None = None
    teams: list[JoinedTeam] | None = None
    beats: list[JoinedBeat] | None = None
    training: list[Trained] | None = None
    covers: list[Cover] | None = None
    insured_until: date | None = None
    habits: list[HabitRow] | None = None
    exceptions: list[ExceptionRow] | None = None
    service: Service | None = None
    awards: list[AwardRow] | None = None
    consents: list[ConsentRow] | None = None
    events: list[EventRow] | None = None
    hidden: list[str] = Field(description="Fields that one's roles do not show.")
    may_open: list[str] = Field(description="Sealed fields that one may open for a purpose.")
    may_change: list[str] = Field(description="Fields that one may change.")


class Edited(Model):
    """What an edit did."""

    code: str
    row_version: int
    fields: list[str] = Field(description="The fields that changed.")


class Duty(Model):
    """A coming shift of a published roster."""

    roster_id: int
    shift: str
    starts_at: datetime
    ends_at: datetime
    ends_on: date
    beat: str
    beat_name: str
    role: str


class Moved(Model):
    """What a step did; `duties` now need somebody else."""

    code: str
    state: State
    row_version: int
    duties: list[Duty]


class Made(Model):
    """The number of a row that was made."""

    id: int


class PossibleStep(Model):
    """A step that the state allows; `lacking` are conditions that are not met."""

    step: str
    target: State
    needs_reason: bool
    lacking: list[Condition]
    is_allowed: bool = Field(description="Whether the reader has the action.")


class PossibleSteps(Model):
    """What may come next."""

    state: State
    steps: list[PossibleStep]
