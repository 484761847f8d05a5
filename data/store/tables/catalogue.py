"""What a city may edit: professions, qualifications, duty roles and who may fill them."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, compact, one_of
from dispatch.rules import Tier


class Profession(Base):
    """A profession (职业)."""

    __tablename__ = "profession"
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class Qualification(Base):
    """A qualification (资质) that a duty role may ask for."""

    __tablename__ = "qualification"
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class DutyRole(Base):
    """A duty role: one of the nine (九大员), a school-gate guard, or a role of the staff."""

    __tablename__ = "duty_role"
    __table_args__ = (one_of("tier", Tier),)
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    tier: Mapped[str]
    hazardous: Mapped[bool]
    supervised: Mapped[bool]
    is_active: Mapped[bool] = mapped_column(default=True)


class DutyRoleProfession(Base):
    """A profession that may fill a duty role."""

    __tablename__ = "duty_role_profession"
    __table_args__ = compact()
    role: Mapped[str] = mapped_column(
        ForeignKey("duty_role.code", ondelete="CASCADE"), primary_key=True
    )
    profession: Mapped[str] = mapped_column(
        ForeignKey("profession.code"), primary_key=True, index=True
    )


class DutyRoleQualification(Base):
    """A qualification that lets its holder fill a duty role."""

    __tablename__ = "duty_role_qualification"
    __table_args__ = compact()
    role: Mapped[str] = mapped_column(
        ForeignKey("duty_role.code", ondelete="CASCADE"), primary_key=True
    )
    qualification: Mapped[str] = mapped_column(
        ForeignKey("qualification.code"), primary_key=True, index=True
    )
