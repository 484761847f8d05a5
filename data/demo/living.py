"""Days in the life of the demo city: tasks, tips, points, gifts, alerts; all of it made up.

Around the beat of the demo's own accounts, so that whoever logs in finds something on each page.
Every text says what it is: an exercise (演练). Nothing is done where there is a gift already.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageDraw
from sqlalchemy import Integer, func, select, update

from data.field.alerts import create_alert, end_alert
from data.field.alerts_calls import answer
from data.field.alerts_values import AlertValues
from data.field.errors import FieldError, RefusedError
from data.field.limits import limits_of
from data.field.signups import sign_up
from data.field.task_values import TaskValues
from data.field.tasks import create_task, step_task
from data.points.awards import Merit, award
from data.points.errors import PointsError
from data.points.gifts import add_gift, list_gifts
from data.points.redemptions import Staff, Wish, hand_over, reserve
from data.points.rules import fill_shipped
from data.store.tables.accounts import Account, AccountRole
from data.store.tables.gifts import Gift
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.teams import TeamMember
from data.tips.errors import TipError
from data.tips.photos import prepare_photo
from data.tips.sending import dispatch_tip
from data.tips.submission import TipDraft, submit_tip
from data.tips.verification import Verifier, claim, decide
from dispatch.alerts import AlertState, Danger, Mode

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.store.keys import Keys
    from data.tips.photos import Photo

BY: Final = "demo"
_GIFTS: Final = (
    ("towel", "毛巾（演示）", "Towel (demo)", 30, 120, 2),
    ("umbrella", "雨伞（演示）", "Umbrella (demo)", 60, 80, 1),
    ("rice", "大米 5 公斤（演示）", "Rice, 5 kg (demo)", 120, 60, 1),
    ("bottle", "保温杯（演示）", "Flask (demo)", 150, 40, 1),
    ("check_up", "体检一次（演示）", "Health check (demo)", 260, 20, 1),
    ("kettle", "电水壶（演示）", "Kettle (demo)", 300, 0, 1),
)
# Kind, title, role, hour, hours, places, points, urgency.
_TASKS: Final = (
    ("fixed_post", "早高峰护学岗（演练）", "school_guard", 7, 1, 4, 10, 1),
    ("publicity_event", "反诈宣传进社区（演练）", "law_educator", 9, 2, 8, 15, 0),
    ("visit", "独居老人走访（演练）", "service_helper", 15, 2, 3, 15, 2),
    ("fixed_post", "放学护学岗（演练）", "school_guard", 16, 1, 4, 10, 0),
    ("publicity_event", "消防安全宣传（演练）", "law_educator", 19, 2, 6, 15, 0),
)
_TIPS: Final = (
    ("fraud", "（演练）有人在楼下推销“高息理财”，已有老人交钱。"),
    ("fire_hazard", "（演练）二单元楼道里长期停放电动车并拉线充电。"),
    ("facility", "（演练）小区北门路灯坏了三天，晚上很暗。"),
    ("traffic", "（演练）学校门口早高峰有货车违停，孩子要绕到路上走。"),
    ("suspicious_vehicle", "（演练）一辆无牌面包车连续两晚停在五金店旁。"),
    ("dispute", "（演练）楼上楼下因漏水吵得厉害，最好有人调解。"),
)
_OUTCOMES: Final[tuple[Literal["", "claimed", "verified", "unfounded"], ...]] = (
    "",
    "claimed",
    "verified",
    "",
    "unfounded",
    "verified",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Around whom it happens: a beat and its neighbours, people, and the accounts that act."""

    beats: tuple[tuple[int, int, float, float], ...]
    crowd: tuple[int, ...]
    volunteer: int
    officer: tuple[int, int | None]


def fill_living(session: Session, keys: Keys, now: datetime, *, seed: int = 1) -> bool:
    """Fill the store with the days around now; return False where that was done before.

    Parameters
    ----------
    seed : int
        For everything that is drawn.
    """
    fill_shipped(session)
    if session.scalar(select(Gift.id).limit(1)) is not None:
        return False
    _leaders(session)
    demo = _demo(session)
    for code, zh, en, points, stock, cap in _GIFTS:
        values = {"label_zh": zh, "label_en": en, "points": points, "stock": stock}
        add_gift(session, now, code=code, monthly_cap=cap, **values)
    if demo is None:
        return True
    draw = random.Random(seed)  # noqa: S311 - a demo
    limits = limits_of(session)
    _tasks(session, demo, limits, now, draw)
    _tips(session, keys, demo, now, draw)
    _points(session, keys, demo, now, draw)
    _alerts(session, demo, limits, now)
    return True


def _leaders(session: Session) -> None:
    """Let whoever has the account of a team's leader lead it, else its first member."""
    held = select(AccountRole.scope_id, Account.person_id).join(Account)
    for team, person in session.execute(held.where(AccountRole.role == "team_leader")).all():
        mine = (TeamMember.team_id == team, TeamMember.person_id == person)
        session.execute(update(TeamMember).where(*mine).values(is_leader=True))
    first = select(func.min(TeamMember.id)).where(TeamMember.until.is_(None))
    led = func.max(TeamMember.is_leader.cast(Integer))
    of_each = first.group_by(TeamMember.team_id).having(led == 0)
    session.execute(update(TeamMember).where(TeamMember.id.in_(of_each)).values(is_leader=True))


def _demo(session: Session) -> Demo | None:
    """Find the demo's officer and volunteer by their accounts."""
    rows = session.execute(
        select(AccountRole.role, Account.id, Account.person_id, AccountRole.scope_id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.role.in_(("community_officer", "volunteer")))
        .order_by(Account.id)
    ).all()
    by_role = {row.role: row for row in reversed(rows)}
    if set(by_role) != {"community_officer", "volunteer"}:
        return None
    officer, volunteer = by_role["community_officer"], by_role["volunteer"]
    home = session.get(Beat, officer.scope_id)
    if home is None or volunteer.person_id is None:
        return None
    near = (Beat.lat - home.lat) * (Beat.lat - home.lat) + (Beat.lng - home.lng) * (
        Beat.lng - home.lng
    )
    beats = session.execute(
        select(Beat.id, Beat.station_id, Beat.lat, Beat.lng).order_by(near, Beat.id).limit(6)
    ).all()
    crowd = session.scalars(
        select(Person.id)
        .where(
            Person.tier == "volunteer",
            Person.state == "active",
            Person.id != volunteer.person_id,
            Person.station_id.in_({row.station_id for row in beats}),
        )
        .order_by(Person.id)
        .limit(120)
    ).all()
    if not crowd:
        return None
    places = tuple((row.id, row.station_id, row.lat, row.lng) for row in beats)
    return Demo(places, tuple(crowd), volunteer.person_id, (officer.id, officer.person_id))


def _tasks(
    session: Session, demo: Demo, limits: Limits, now: datetime, draw: random.Random
) -> None:
    """Publish five tasks a day for three days, two or three of the crowd in each."""
    today = limits.local(now).date()
    for day in range(1, 4):
        for place, (kind, title, role, hour, hours, places, points, urgency) in enumerate(_TASKS):
            beat, station, _, _ = demo.beats[(day + place) % len(demo.beats)]
            date = today + timedelta(days=day)
            start = datetime.combine(date, time(hour), limits.zone).astimezone(now.tzinfo)
            values = TaskValues(
                kind=kind,
                title=title,
                station_id=station,
                beat_id=beat,
                role=role,
                starts_at=start,
                ends_at=start + timedelta(hours=hours),
                signup_until=start - timedelta(minutes=30),
                places=places,
                points=points,
                urgency=urgency,
            )
            try:
                made = create_task(session, values, limits, by=BY, now=now)
                step_task(session, made.task_id, "open", now=now)
            except FieldError:  # a city whose catalogue has no such role
                continue
            for person in draw.sample(demo.crowd, min(6, len(demo.crowd))):
                try:
                    sign_up(session, made.task_id, person, limits, by=BY, now=now)
                except RefusedError:  # not theirs: too far, no qualification, another turn
                    continue


def _tips(session: Session, keys: Keys, demo: Demo, now: datetime, draw: random.Random) -> None:
    """Hand tips in on the days before, some of them the demo volunteer's; decide half."""
    verifier = Verifier(*demo.officer)
    for number in range(18):
        category, text = _TIPS[number % len(_TIPS)]
        own = number % 6 in {0, 1, 2} and number >= 12
        author = demo.volunteer if own else draw.choice(demo.crowd)
        _, _, lat, lng = demo.beats[0 if own else number % len(demo.beats)]
        at = now - timedelta(hours=6 * (18 - number))
        # The third has the second's picture: what the list of strange things is for.
        photos = [_picture(1 if number == 2 else number)] if number % 3 != 1 else []
        draft = TipDraft(category, text, lat, lng, photos, f"demo-{number:04}")
        try:
            made = submit_tip(session, keys, at, author, draft)
        except TipError:  # a beat without ground, an author's limit
            continue
        dispatch_tip(session, keys, at, made.tip_id)
        if outcome := _OUTCOMES[number % len(_OUTCOMES)]:
            later = (now if outcome == "claimed" else at) + timedelta(minutes=9)
            claim(session, keys, later, made.tip_id, verifier)
            if outcome != "claimed":
                decide(
                    session,
                    keys,
                    later + timedelta(minutes=11),
                    made.tip_id,
                    verifier=verifier,
                    outcome=outcome,
                )


def _picture(number: int) -> Photo:
    """Draw a photo that is seen at once to be none."""
    image = Image.linear_gradient("L").rotate(37 * number).convert("RGB").resize((480, 360))
    draw = ImageDraw.Draw(image)
    for place in range(4):
        left = (number * 67 + place * 113) % 400
        box = (left, 40 + 70 * place, left + 30 + 12 * ((number + place) % 7), 100 + 70 * place)
        draw.rectangle(box, fill=(40 + 50 * place, 90, 160))
    draw.text((20, 20), "DEMO", fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return prepare_photo(out.getvalue())


def _points(session: Session, keys: Keys, demo: Demo, now: datetime, draw: random.Random) -> None:
    """Award courses, events and hours of service; let some fetch a gift."""
    officer = Staff(f"account:{demo.officer[0]}", demo.officer[1])
    gifts = {gift.code: gift for gift in list_gifts(session)}
    for person in (demo.volunteer, *demo.crowd):
        is_own = person == demo.volunteer
        for number in range(6 if is_own else draw.randint(1, 5)):
            source = ("service", "course", "event")[number % 3]
            minutes = draw.choice((60, 120, 180)) if source == "service" else None
            at = now - timedelta(days=2 * (6 - number), hours=draw.randint(0, 9))
            key = f"{source}:demo:{person}:{number}"
            award(session, keys, at, Merit(person, source, key, BY, minutes=minutes))
        if is_own or draw.random() < 0.15:
            wish = Wish(person, gifts["towel"].id, 1, "demo")
            try:
                made = reserve(session, keys, now - timedelta(hours=5), wish, actor=BY)
                if not is_own and draw.random() < 0.6 and person != demo.officer[1]:
                    hand_over(session, keys, now - timedelta(hours=2), made.id, officer)
            except PointsError:  # too few points yet
                continue


def _alerts(session: Session, demo: Demo, limits: Limits, now: datetime) -> None:
    """Make an exercise that is over, and one to which the demo volunteer is called by name."""
    codes = dict(
        session.execute(
            select(Person.id, Person.code).where(Person.id.in_((demo.volunteer, *demo.crowd[:3])))
        ).all()
    )
    _, _, lat, lng = demo.beats[0]
    earlier = now - timedelta(hours=3)
    called = [person for person in demo.crowd[:3] if person in codes]
    alerts = (
        (earlier, "校门口疑似诈骗转账，请护学岗先行劝阻（演练）", called),
        (now, "老人走失，请就近帮忙寻找（演练）", [demo.volunteer]),
    )
    for at, title, people in alerts:
        values = AlertValues(
            kind="fraud" if at == earlier else "missing_person",
            title=title,
            danger=Danger.CALM,
            lat=lat,
            lng=lng,
            mode=Mode.SEVERAL if len(people) > 1 else Mode.ONE,
            people=tuple(codes[person] for person in people),
            answer_s=3600,
        )
        try:
            with session.begin_nested():
                made = create_alert(session, values, lambda *_: [], limits, by=BY, now=at)
                number = made.alert.alert_id
                if at == earlier:
                    for minutes, word in ((1, "accept"), (2, "on_the_way"), (5, "arrived")):
                        later = at + timedelta(minutes=minutes)
                        answer(session, number, people[0], word, now=later)
                    end = at + timedelta(minutes=20)
                    end_alert(
                        session, number, AlertState.CLOSED, by=BY, now=end, outcome="演练结束"
                    )
        except FieldError:  # nobody of them may be called now: their rest, their quiet hours
            continue
