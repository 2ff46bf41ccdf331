#!/bin/sh
# Makes JPEGs of kinds that cameras do not write and old scanners and editors do.
# By hand: apt-get install libjpeg-turbo-progs python3; sh generate.sh
set -eu
cd "$(dirname "$0")"
picture() {
    python3 -c '
import sys
row = bytes([220, 20, 20]) * 72 + bytes([20, 20, 220]) * 72
sys.stdout.buffer.write(b"P6 144 96 255\n" + row * 96)'
}
for sampling in 1x2 1x3 3x1 4x1; do
    picture | cjpeg -quality 85 -sample "$sampling" >"$sampling.jpg"
done
picture | cjpeg -quality 85 -arithmetic >arithmetic.jpg
