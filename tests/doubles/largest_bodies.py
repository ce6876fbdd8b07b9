"""Issue bodies, comments and payloads of the largest size that GitHub lets through, each the worst for some part of the reader."""

from apcore.json_shape import MAX_BYTES

_SIZE = 262_144

LARGEST = (
    "# Model 1\n" * 30_000,
    "x\n" * 140_000,
    '### Taxonomy\n\n{"a": ' + "[" * 260_000,
    "### Taxonomy\n\n{" + ",".join(f'"{n}":0' for n in range(24_000)) + "}",
    '### Taxonomy\n\n{"a": "' + "\\\\" * 130_000,
    "### Taxonomy\n\n" + "  {x\n" * 50_000,
    "### Model 1\n\n" + "Model key: a\n" * 20_000,
    "### Model 1\n\n" + "Clean accuracy (%): 1\n" * 11_000,
    '### Model 1\n\n_Model GDrive:_ "' + " " * 262_000 + "x",
    "### Model 1\n\n_Model GDrive:_ " + '"' * 262_000 + "x",
    "### Model 1\n\nNormalization: mean" + " " * 262_000 + "x",
    "### Model 1\n\nCheckpoint: " + "[" * 262_000,
    "### Model 1\n\nModel key: x" + "`a" * 131_000,
    "### Notes\n\n" + "#x\n" * 87_000,
    "```\n" * 65_000,
    "`" * 50_000 + "\n" + "[" * 100_000,
    "### Model 1\n\nModel key: x\n\n" * 10_000,
    "> " * 131_000,
    "### Model 1\n\n| model key | clean |\n| --- | --- |\n" + "| a | 1 |\n" * 26_000,
    "### Model 1\n\nModel key: " + "x" * 262_000,
    "### Model 1\n\nModel key: " + "x\N{COMBINING ACUTE ACCENT}" * 87_000,
    "### Taxonomy\n\n" + "{'a': NaN, // x\n" * 16_000,
    "### Taxonomy\n\n" + "> {" * 87_000,
)

LARGEST_COMMENTS = (
    "/apbot " * 40_000,
    "/apbot\n" * 40_000,
    "/apbot retry " + "please " * 40_000,
    "/apbot " + "x" * _SIZE,
    "/apbot\n" + "`a" * 130_000,
    "/apbot\n" + "".join("`" * n for n in range(1, 700)),
    "/apbot\n" + "` `` ``` " * 29_000,
    "/apbot\n" + "\\`" * 130_000,
    "> /apbot\n" * 29_000,
    "```\n/apbot\n" * 20_000,
    "<pre>\n/apbot\n" * 18_000,
    "<!--\n/apbot\n" * 18_000,
    "<" * _SIZE + "/apbot",
    "/apbot\n" + "<pre " * 50_000,
    "/apbot\n" + " " * _SIZE,
    "/apbot\n" + "\N{ZERO WIDTH SPACE}" * _SIZE,
    "/apbot" + " :," * 80_000,
    "/apbot\n" + "- " * 130_000,
    "/ap" + "\N{SOFT HYPHEN}" * (_SIZE - 20) + "bot retry",
)

LARGEST_PAYLOADS = (
    b"[" * MAX_BYTES,
    b'{"a":' * 700_000,
    b'{"a": ' + b"1" * 4_000_000 + b"}",
    b"{" + b",".join(b'"%d":0' % n for n in range(350_000)) + b"}",
    b'"' + b"\\u0041" * 600_000 + b'"',
    b" " * MAX_BYTES,
    b"\xff" * 100_000,
)
