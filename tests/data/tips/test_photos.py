"""Photos: nothing but the picture is left, and hostile files come to nothing."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, PngImagePlugin
from portions import portion

from data.tips.errors import PhotoError, PhotoSizeError
from data.tips.photos import MAX_BYTES, MAX_SIDE, prepare_photo


def picture(width: int = 640, height: int = 480, shift: int = 0) -> Image.Image:
    image = Image.new("RGB", (width, height), (40, 90, 160))
    draw = ImageDraw.Draw(image)
    for step in range(8):
        left = (step * 83 + shift) % width
        colour = (255 - step * 30, step * 25, 60)
        draw.rectangle((left, step * height // 9, left + width // 5, height - 5), colour)
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_everything() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (40.0, 40.0, 19.2)
    return saved(picture(), exif=exif, comment=b"SecretComment", icc_profile=b"SecretProfile" * 9)


def test_what_is_stored_holds_no_metadata() -> None:
    raw = with_everything()
    assert all(word in raw for word in (b"SecretCamera", b"SecretComment", b"SecretProfile"))
    photo = prepare_photo(raw)
    assert b"Secret" not in photo.content
    assert b"Exif" not in photo.content
    with Image.open(io.BytesIO(photo.content)) as again:
        assert dict(again.getexif()) == {}
        assert not {"exif", "comment", "icc_profile", "xmp"} & set(again.info)
        assert again.size == (photo.width, photo.height) == (480, 640)  # upright now


def test_text_of_a_png_is_gone_and_transparent_turns_white() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Secret Person")
    image = Image.new("RGBA", (64, 64), (10, 20, 30, 0))
    photo = prepare_photo(saved(image, "PNG", pnginfo=words))
    assert b"Secret" not in photo.content
    with Image.open(io.BytesIO(photo.content)) as again:
        assert again.getpixel((32, 32)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_taken(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("L", (90, 60), 130).convert("L")
    image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    assert prepare_photo(saved(image, kind)).width == 90


def test_large_pictures_become_small() -> None:
    photo = prepare_photo(saved(picture(4000, 3000)))
    assert max(photo.width, photo.height) == MAX_SIDE
    assert photo.width * 3 == photo.height * 4


def test_the_same_scene_has_nearly_the_same_hash_and_another_has_not() -> None:
    first = prepare_photo(saved(picture(), quality=95))
    again = prepare_photo(saved(picture().resize((400, 300)), "WEBP", quality=50))
    other = prepare_photo(saved(picture(shift=170)))
    assert first.sha256 != again.sha256
    assert distance(first.dhash, again.dhash) <= 4
    assert distance(first.dhash, other.dhash) > 10


def distance(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5000, 5000), (12_000, 12_000), (60_000, 60_000), (1, 2**31 - 1)])
def test_bombs_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError):
        prepare_photo(png_header(*size))


def test_too_many_bytes_are_refused_unseen() -> None:
    with pytest.raises(PhotoSizeError, match=f"at most {MAX_BYTES} bytes"):
        prepare_photo(b"\0" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a" + b"\0" * 60,
        b"%PDF-1.7",
        saved(picture(), "TIFF"),
        saved(picture(), "GIF"),
        saved(picture())[:900],
        saved(picture(), "PNG")[:500],
        saved(Image.new("RGB", (8, 8))),
    ],
    ids=["none", "svg", "gif", "pdf", "tiff", "whole_gif", "cut_jpeg", "cut_png", "tiny"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError):
        prepare_photo(content)


WHOLE = {kind: saved(picture(120, 90), kind) for kind in ("JPEG", "PNG", "WEBP")}


@given(st.sampled_from(sorted(WHOLE)), st.data())
@settings(max_examples=portion(150), deadline=None)
def test_a_changed_file_gives_a_picture_or_a_photo_error(kind: str, data: st.DataObject) -> None:
    raw = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PhotoError):
        assert prepare_photo(bytes(raw)).width <= MAX_SIDE
