"""The wordings that people are asked to agree to, in Chinese and English, each with its versions.

A wording that somebody may have agreed to is never changed and never taken out: whoever agreed
keeps the words that they saw. Another text is another version, added at the end of its purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PERSONAL_DATA: Final = "personal_data"
POSITION: Final = "position"
PHOTO: Final = "photo"

Tongue = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a consent to one purpose allows, as it is read before agreeing.

    Attributes
    ----------
    version : str
        The month of the wording; what a file keeps of it.
    chinese, english : str
    """

    purpose: str
    version: str
    chinese: str
    english: str

    def text(self, language: Tongue) -> str:
        """Return the words in a language."""
        return self.chinese if language == "zh-CN" else self.english


WORDINGS: Final = (
    Wording(
        PERSONAL_DATA,
        "2026-11",
        "同意派出所保存和使用我的姓名、性别、出生日期、电话、证件号、住址、工作单位、培训、保险和执勤记录，"
        "只用于安排群防群治执勤、联系我、办理保险和核实身份。电话、证件号加密保存；谁看过我的档案都有记录，"
        "我随时可以查看、复制和更正。不同意或撤回，就不能参加志愿执勤。",
        "I agree that the police station keeps and uses my name, sex, date of birth, telephone, ID "
        "number, address, employer, training, insurance and service, only to plan community duty, "
        "to reach me, to insure me and to know who I am. Telephone and ID number are encrypted; "
        "who read my file is noted, and I may see, copy and correct it at any time. Without this "
        "I cannot serve as a volunteer.",
    ),
    Wording(
        POSITION,
        "2026-11",
        "同意在我签到后到签退前，以及接受增援呼叫后，手机把我所在的网格（不是精确位置，不留轨迹）告诉值班室，"
        "用于就近派遣和照应安全。只保存最后一次，7 天后删除；不执勤时不记录。"
        "不同意或撤回，不影响执勤。",
        "I agree that, between my checking in and out and once I have accepted a call to an alert, "
        "the phone tells the duty room in which cell I am (no exact place, no track), to send who "
        "is near and to keep me safe. Only the last one is kept, and deleted after 7 days; off "
        "duty nothing is noted. I may serve without this.",
    ),
    Wording(
        PHOTO,
        "2026-11",
        "同意派出所在志愿者证件和活动报道中使用我的照片。本系统不保存我的照片。"
        "不同意或撤回，不影响执勤。",
        "I agree that the police station uses photographs of me on my volunteer's card and in "
        "reports of its activities. This system keeps none. I may serve without this.",
    ),
)
PURPOSES: Final = tuple(dict.fromkeys(one.purpose for one in WORDINGS))
"""What people are asked for, in the order in which it is shown."""


def current_wording(purpose: str) -> Wording | None:
    """Return the wording that is asked for today; None for a purpose that there is not."""
    found = [one for one in WORDINGS if one.purpose == purpose]
    return found[-1] if found else None


def find_wording(purpose: str, version: str) -> Wording | None:
    """Return a wording of any version; None for one that was used elsewhere."""
    for one in WORDINGS:
        if (one.purpose, one.version) == (purpose, version):
            return one
    return None
