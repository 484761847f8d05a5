"""Photos: decoded within limits and written anew, so that nothing but the picture is left.

What comes in is hostile until shown otherwise: only three formats are tried, the size in pixels is
read from the header before anything is decoded, and what is stored is a new JPEG of the pixels
alone, without place, time, camera, comment, profile or thumbnail.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from data.tips.errors import PhotoError, PhotoSizeError

MAX_BYTES: Final = 10 * 2**20
MAX_PHOTOS: Final = 4
MAX_PIXELS: Final = {"JPEG": 120_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
"""A JPEG is decoded at a fraction of its size, the others are not."""
MAX_SIDE: Final = 1600
QUALITY: Final = 82
FORMATS: Final = ("JPEG", "PNG", "WEBP")
_BACKGROUND: Final = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is stored.

    Attributes
    ----------
    content : bytes
        JPEG, at most `MAX_SIDE` pixels a side.
    sha256 : bytes
        Of the file that came in: the same file again.
    dhash : int
        64 bits, signed: pictures that look the same differ in few of them.
    """

    content: bytes
    sha256: bytes
    dhash: int
    width: int
    height: int


def prepare_photo(content: bytes) -> Photo:
    """Decode a picture within limits and write it anew.

    Raises
    ------
    PhotoSizeError
        For more than `MAX_BYTES` or `MAX_PIXELS`.
    PhotoError
        For what is no JPEG, PNG or WebP, or is broken.
    """
    if len(content) > MAX_BYTES:
        raise PhotoSizeError(f"Expected at most {MAX_BYTES} bytes, got {len(content)}.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            picture = _decoded(image)
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoSizeError("Expected a picture of fewer pixels, got far more.") from error
    except MemoryError as error:
        raise PhotoSizeError("Expected a picture that fits into memory.") from error
    except Exception as error:  # whatever a decoder raises on a hostile file is its fault
        raise PhotoError("Expected a whole JPEG, PNG or WebP picture, got none.") from error
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    digest = hashlib.sha256(content).digest()
    return Photo(out.getvalue(), digest, difference_hash(picture), *picture.size)


def difference_hash(picture: Image.Image) -> int:
    """Return 64 bits, signed: whether each of 8 × 8 patches is brighter than its right neighbour.

    The dHash of N. Krawetz, "Kind of Like That", 2013.
    """
    small = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS), np.int16)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int(np.packbits(bits).view(">i8")[0])


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    limit = MAX_PIXELS[image.format or "PNG"]
    if width * height > limit:
        raise PhotoSizeError(f"Expected at most {limit} pixels, got {width} × {height}.")
    if min(width, height) < 16:
        raise PhotoError(f"Expected at least 16 pixels a side, got {width} × {height}.")


def _decoded(image: Image.Image) -> Image.Image:
    """Return the pixels, upright and small, in an image that holds nothing else."""
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", upright.size, _BACKGROUND)
    if "A" in upright.getbands() or "transparency" in upright.info:
        upright = upright.convert("RGBA")
        clean.paste(upright, mask=upright.getchannel("A"))
    else:
        clean.paste(upright.convert("RGB"))
    return clean
