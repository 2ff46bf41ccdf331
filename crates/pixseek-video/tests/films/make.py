"""Makes the films of the tests, and beside each what ffmpeg shows of it.

`python3 make.py` in this folder, with ffmpeg 5 or newer that has libx264, libx265 and libzimg. What it makes is
committed: the tests need neither.

A reference `NAME.txt` has a line for each picture of a film: its time in milliseconds, its width and
height upright, and the mean colours of a grid of 8 x 6 fields, row by row, as RRGGBB.
"""

import json
import pathlib
import subprocess
import sys

SIZE = "160x96"
# Blurred, since programs interpolate colours at sharp edges in their own ways, and paler, so that no
# colour is cut off.
PATTERN = f"testsrc2=size={SIZE}:rate=5:duration=4,format=yuv444p,gblur=sigma=3,eq=saturation=0.7"
# Black for more than a second, and then the pattern.
BLACK_FIRST = (
    f"color=black:size={SIZE}:rate=5:duration=1.6,format=yuv444p[a];{PATTERN}[b];[a][b]concat=n=2:v=1"
)
X264 = "-c:v libx264 -g 5 -keyint_min 5 -sc_threshold 0 -crf 28 -pix_fmt yuv420p"
X265 = "-c:v libx265 -tag:v hvc1 -crf 30"
X265_OPTIONS = "log-level=error:keyint=5:min-keyint=5:scenecut=0:open-gop=0"
BT_709 = "-color_primaries bt709 -color_trc bt709 -colorspace bt709"
QUICKTIME = (
    "-movflags use_metadata_tags"
    " -metadata com.apple.quicktime.creationdate=2024-05-17T08:09:10+0200"
    " -metadata com.apple.quicktime.location.ISO6709=+48.1374+011.5755+519.000/"
    " -metadata com.apple.quicktime.make=Apple"
    " -metadata com.apple.quicktime.model=iPhone_15_Pro"
)
CREATED = "-metadata creation_time=2021-03-04T05:06:07Z"

# Name: source, arguments of the encoder. A name ends with the extension of its container.
FILMS = {
    "baseline.mp4": (PATTERN, f"{X264} -profile:v baseline {CREATED}"),
    "high.mp4": (PATTERN, f"{X264} -profile:v high -bf 3 -vf scale=out_color_matrix=bt709 {BT_709} -movflags +faststart"),
    "full_range.mp4": (PATTERN, f"{X264} -vf scale=out_range=pc -color_range pc"),
    "interlaced.mp4": (PATTERN, f"{X264} -flags +ilme+ildct -x264opts tff=1"),
    "ten_bits_422.mp4": (PATTERN, "-c:v libx264 -g 5 -keyint_min 5 -crf 28 -pix_fmt yuv422p10le"),
    "location.mov": (PATTERN, f"{X264} -metadata location=+35.6586+139.7454/ -metadata make=Canon -metadata model=Canon_EOS_R5"),
    "hevc.mp4": (PATTERN, f"{X265} -pix_fmt yuv420p -x265-params {X265_OPTIONS}"),
    "hevc_10.mp4": (PATTERN, f"{X265} -pix_fmt yuv420p10le -x265-params {X265_OPTIONS}:open-gop=1"),
    "hevc_phone.mov": (PATTERN, f"{X265} -pix_fmt yuv420p -x265-params {X265_OPTIONS} {QUICKTIME}"),
    "variable.mp4": (PATTERN, f"{X264} -vf setpts='if(lt(N,10),N,10+(N-10)*5)/5/TB' -vsync vfr"),
    "black_first.mp4": (BLACK_FIRST, X264),
    "fragmented.mp4": (PATTERN, f"{X264} -bf 2 -movflags frag_keyframe+empty_moov+default_base_moof"),
    "mpeg4.mp4": (PATTERN, "-c:v mpeg4 -g 5 -q:v 8"),
    "hevc_pq.mp4": (
        PATTERN,
        f"{X265} -vf scale=out_color_matrix=bt2020 -pix_fmt yuv420p10le"
        f" -x265-params {X265_OPTIONS}:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ),
}
# Copies of other films: arguments before and behind the source.
COPIES = {
    "rotated.mp4": ("", "high.mp4", "-metadata:s:v rotate=90"),
    # It begins between two key frames: an edit list hides what is before.
    "edited.mp4": ("-ss 1.6", "high.mp4", ""),
}
COLUMNS, ROWS = 8, 6


def ffmpeg(*arguments):
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def times(film):
    """Milliseconds of the key frames that are shown."""
    command = "ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of json"
    found = subprocess.run([*command.split(), film], check=True, capture_output=True)
    packets = json.loads(found.stdout)["packets"]
    keys = [float(packet["pts_time"]) for packet in packets if packet["flags"].startswith("K")]
    return [round(1000 * time) for time in keys if time >= 0]


def picture(film, time):
    """Width, height and bytes of the upright picture at a time in milliseconds."""
    probe = "ffprobe -v error -select_streams v -show_entries stream=color_space,color_range -of json"
    found = subprocess.run([*probe.split(), film], check=True, capture_output=True)
    said = json.loads(found.stdout)["streams"][0]
    matrix = {"bt709": "709", "bt2020nc": "2020_ncl"}.get(said.get("color_space"), "170m")
    span = "full" if said.get("color_range") == "pc" else "limited"
    # ffmpeg's own scaler puts the colours a part of a pixel beside their place; zimg does not.
    precise = (
        f"setfield=prog,zscale=f=bilinear:matrixin={matrix}:matrix=gbr:rangein={span}:range=full"
        ":chromalin=left,format=gbrp,format=rgb24"
    )
    seek = ["-seek_timestamp", "1", "-ss", f"{max(time - 1, 0) / 1000}"] if time else []
    # Turned after the conversion, so that colours are interpolated in rows of the coded picture.
    if film == "rotated.mp4":
        precise += ",transpose=cclock"
    ppm = ffmpeg(*seek, "-noautorotate", "-i", film, "-frames:v", "1", "-vf", precise, "-f", "image2pipe", "-c:v", "ppm", "-")
    _, size, _, pixels = ppm.split(b"\n", 3)
    return *map(int, size.split()), pixels


def grid(width, height, pixels):
    fields = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            xs = range(column * width // COLUMNS, (column + 1) * width // COLUMNS)
            ys = range(row * height // ROWS, (row + 1) * height // ROWS)
            sums = [sum(pixels[3 * (y * width + x) + c] for y in ys for x in xs) for c in range(3)]
            fields.append("".join(f"{round(s / len(xs) / len(ys)):02x}" for s in sums))
    return fields


for name, (source, encoder) in FILMS.items():
    ffmpeg("-f", "lavfi", "-i", source, "-bitexact", *encoder.split(), name)
for name, (before, source, behind) in COPIES.items():
    ffmpeg(*before.split(), "-i", source, "-c", "copy", "-bitexact", *behind.split(), name)
for name in [*FILMS, *COPIES]:
    lines = []
    for time in times(name):
        width, height, pixels = picture(name, time)
        lines.append(f"{time} {width} {height} {' '.join(grid(width, height, pixels))}")
    pathlib.Path(name).with_suffix(".txt").write_text("\n".join(lines) + "\n")
    print(name, pathlib.Path(name).stat().st_size, "bytes", [line.split()[0] for line in lines], file=sys.stderr)
