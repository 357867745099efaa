"""Bilinear and nearest resizing of small pictures of odd, unequal sizes: python3 test/oracles/resize.py"""

from torch.nn.functional import interpolate

from common import hashed, nchw, nhwc, number, write_json

CASES = [((5, 7, 3), (9, 11)), ((6, 4, 1), (7, 13)), ((9, 8, 2), (4, 5)), ((1, 3, 1), (2, 5))]


def make():
    cases = []
    for shape, to in CASES:
        picture = hashed("resize", (1, *shape), 1)
        numbers = lambda value: [number(each) for each in nhwc(value).flatten()]
        cases.append(
            {
                "shape": shape,
                "to": to,
                "data": [number(each) for each in picture.flatten()],
                "bilinear": numbers(interpolate(nchw(picture), size=to, mode="bilinear", align_corners=False)),
                "nearest": numbers(interpolate(nchw(picture), size=to, mode="nearest-exact")),
            }
        )
    write_json("resize.json", {"cases": cases})


if __name__ == "__main__":
    make()
