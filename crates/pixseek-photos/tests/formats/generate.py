"""Makes the samples of this folder, and `references.txt`: what other decoders make of them.

Needs avifenc (libavif-bin), heif-convert (libheif-examples) and cjxl (libjxl-tools), and from PyPI pillow, pillow-heif,
pillow-avif-plugin, pillow-jxl-plugin, psd-tools and numpy. With the argument of a folder of photos it
also writes the references of its HEIC, AVIF and JPEG XL files to `shared.txt`.
"""

import io
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import pillow_avif  # noqa: F401
import pillow_heif
import pillow_jxl  # noqa: F401
from PIL import Image, ImageCms
from psd_tools import PSDImage
from psd_tools.constants import Compression

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None
HERE = Path(__file__).parent
GRID = 4
# Pillow does not transform these, and is 3 off in blue of a limited range; libheif is not.
BY_LIBHEIF = ("cut.avif", "rotated.avif", "mirrored.avif", "flopped.avif", "limited.avif")


def picture(width=160, height=128):
    """Soft waves with a red corner at the top left, so that turning it shows."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [128 + 90 * numpy.sin(x / 19 + phase) * numpy.cos(y / 23 - phase) for phase in (0, 1, 2)]
    rgb = numpy.stack(waves, axis=-1)
    rgb[: height // 4, : width // 4] = (220, 30, 30)
    return Image.fromarray(rgb.round().astype("uint8"))


def transparent():
    image = picture().convert("RGBA")
    fade = numpy.tile(numpy.linspace(0, 255, image.width).round().astype("uint8"), (image.height, 1))
    image.putalpha(Image.fromarray(fade))
    return image


def avif(name, image, *options):
    with tempfile.NamedTemporaryFile(suffix=".png") as source:
        image.save(source.name)
        quality = ["--min", "10", "--max", "20", "-s", "4"]
        subprocess.run(["avifenc", *quality, *options, source.name, HERE / name], check=True, stdout=subprocess.DEVNULL)


def jxl(name, image, *options):
    with tempfile.NamedTemporaryFile(suffix=".png") as source:
        image.save(source.name)
        subprocess.run(["cjxl", source.name, HERE / name, *options], check=True, capture_output=True)


def heif(name, image, **options):
    pillow_heif.from_pillow(image).save(HERE / name, quality=85, **options)


def profile(red, green, blue, curve):
    """An ICC profile of these primaries (XYZ for a white of D50) and a curve of parameters (ICC.1, 10.18)."""

    def numbers(*values):
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def curves():
        return b"para\0\0\0\0" + struct.pack(">HH", {1: 0, 5: 3}[len(curve)], 0) + numbers(*curve)

    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(78),
        b"wtpt": b"XYZ \0\0\0\0" + numbers(0.9642, 1, 0.8249),
        b"rXYZ": b"XYZ \0\0\0\0" + numbers(*red),
        b"gXYZ": b"XYZ \0\0\0\0" + numbers(*green),
        b"bXYZ": b"XYZ \0\0\0\0" + numbers(*blue),
        b"rTRC": curves(),
        b"gTRC": curves(),
        b"bTRC": curves(),
    }
    at = 128 + 4 + 12 * len(tags)
    table, content = b"", b""
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += name + struct.pack(">II", at + len(content), len(value))
        content += value
    header = struct.pack(">I4xI12s12x4s28x", at + len(content), 0x02400000, b"mntrRGB XYZ ", b"acsp")
    header += numbers(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def wide():
    """The formats with a profile, in Display P3 and Adobe RGB (1998)."""
    curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    p3 = profile((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407), curve)
    adobe = profile((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457), (563 / 256,))
    flat = picture()
    flat.save(HERE / "p3.jpg", quality=90, icc_profile=p3)
    flat.save(HERE / "adobe.jpg", quality=90, progressive=True, icc_profile=adobe)
    flat.save(HERE / "p3.png", icc_profile=p3)
    flat.save(HERE / "adobe.webp", quality=90, icc_profile=adobe)
    flat.save(HERE / "adobe.tif", compression="jpeg", icc_profile=adobe)
    flat.convert("CMYK").save(HERE / "inks.jpg", quality=90)


def samples():
    flat = picture()
    exif = Image.Exif()
    exif[0x0110] = "Camera of a sample"
    exif[0x0132] = "2024:05:06 07:08:09"
    heif("plain.heic", flat)
    heif("dated.heic", flat, exif=exif.tobytes())
    heif("opacity.heic", transparent())
    deep = (numpy.asarray(flat).astype("uint16") << 8) + 77
    wide = pillow_heif.from_bytes("RGB;16", flat.size, deep.tobytes())
    wide.save(HERE / "ten-bits.heic", quality=85)
    avif("plain.avif", flat)
    avif("limited.avif", flat, "-r", "limited", "--cicp", "1/13/1")
    avif("ten-bits.avif", flat, "-d", "10", "-y", "444")
    avif("twelve-bits.avif", flat, "-d", "12", "-y", "422")
    avif("grey.avif", flat.convert("L"))
    avif("identity.avif", flat, "-y", "444", "--cicp", "1/13/0")
    avif("grid.avif", flat, "--grid", "2x2")
    avif("rotated.avif", flat, "--irot", "1")
    avif("mirrored.avif", flat, "--irot", "3", "--imir", "0")
    avif("flopped.avif", flat, "--imir", "1")
    avif("cut.avif", flat, "--crop", "16,8,96,80")
    avif("opacity.avif", transparent())
    avif("premultiplied.avif", transparent(), "--premultiply")
    jxl("plain.jxl", flat, "-d", "1")
    jxl("lossless.jxl", flat, "-d", "0", "-e", "3")
    jxl("opacity.jxl", transparent(), "-d", "1")
    jxl("grey.jxl", flat.convert("L"), "-d", "1")
    for name, image, packing in [
        ("raw.psd", picture(80, 64), Compression.RAW),
        ("packed.psd", picture(80, 64), Compression.RLE),
        ("grey.psd", picture(80, 64).convert("L"), Compression.RLE),
    ]:
        PSDImage.frompil(image, packing).save(HERE / name)
    wide()
    clear = Image.new("RGBA", flat.size)
    frames = [clear, flat.convert("RGBA")]
    frames[0].save(HERE / "late.png", save_all=True, append_images=frames[1:], duration=40)
    frames[0].save(HERE / "late.webp", save_all=True, append_images=frames[1:], duration=40, quality=80)
    black = Image.new("RGB", flat.size)
    black.save(HERE / "late.gif", save_all=True, append_images=[flat], duration=40)


def reference(path):
    """The picture on white, in sRGB."""
    if path.name in BY_LIBHEIF:
        with tempfile.NamedTemporaryFile(suffix=".png") as written:
            subprocess.run(["heif-convert", path, written.name], check=True, stdout=subprocess.DEVNULL)
            return Image.open(written.name).convert("RGB")
    image = Image.open(path)
    if path.stem == "late":
        image.seek(1)
    profile = image.info.get("icc_profile")
    opacity = image.convert("RGBA").getchannel("A") if "A" in image.mode else None
    rgb = image.convert("RGB")
    if profile and image.mode not in ("L", "LA"):
        srgb = ImageCms.createProfile("sRGB")
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        rgb = ImageCms.profileToProfile(rgb, own, srgb, renderingIntent=0)
    if opacity:
        white = Image.new("RGB", rgb.size, (255, 255, 255))
        white.paste(rgb, (0, 0), opacity)
        rgb = white
    return rgb


def line(path, name):
    rgb = numpy.asarray(reference(path)).astype(float)
    height, width, _ = rgb.shape
    means = []
    for row in range(GRID):
        for column in range(GRID):
            part = rgb[
                row * height // GRID : (row + 1) * height // GRID,
                column * width // GRID : (column + 1) * width // GRID,
            ]
            means.append("%02x%02x%02x" % tuple(part.mean((0, 1)).round().astype(int)))
    return f"{width} {height} {' '.join(means)} {name}\n"


def references(paths, root, written):
    lines = []
    for path in sorted(paths):
        try:
            lines.append(line(path, path.relative_to(root)))
        except Exception as error:  # noqa: BLE001
            print(f"{path}: {error}", file=sys.stderr)
    written.write_text("".join(lines))


samples()
references((path for path in HERE.iterdir() if path.suffix not in (".py", ".txt")), HERE, HERE / "references.txt")
if len(sys.argv) > 1:
    shared = Path(sys.argv[1])
    known = {".heic", ".heif", ".hif", ".avif", ".jxl"}
    references((path for path in shared.rglob("*") if path.suffix.lower() in known), shared, HERE / "shared.txt")
