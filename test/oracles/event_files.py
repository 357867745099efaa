"""TensorBoard's own event files.

    python3 test/oracles/event_files.py        # writes values/event-files.json
    python3 test/oracles/event_files.py RUN    # prints what TensorBoard finds in RUN/tensorboard
"""

import base64
import io
import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

VALUES = Path(__file__).parent / "values"


def scalar(tag, value):
    return Summary.Value(tag=tag, simple_value=value)


def record(event):
    """The event as it stands in a file, in base64."""
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    return base64.b64encode(file.getvalue()).decode()


def write():
    picture = Summary.Image(height=2, width=300, colorspace=3, encoded_image_string=bytes(range(256)))
    scalars = [scalar("loss/depth/total", 1.25), scalar("größe", -0.0), scalar("ω", float("nan"))]
    events = {
        "version": Event(wall_time=1795653890.5, file_version="brain.Event:2"),
        "start": Event(wall_time=1.0, step=7, session_log=SessionLog(status=SessionLog.START)),
        "scalars": Event(wall_time=2.0, step=5_000_000_000, summary=Summary(value=scalars)),
        "image": Event(wall_time=3.0, step=1, summary=Summary(value=[Summary.Value(tag="a", image=picture)])),
    }
    text = json.dumps({name: record(event) for name, event in events.items()}, indent=1)
    (VALUES / "event-files.json").write_text(text + "\n")


def show(run):
    found = EventAccumulator(str(Path(run) / "tensorboard"), size_guidance={"scalars": 0, "images": 0}).Reload()
    for tag in found.Tags()["scalars"]:
        print(tag, [(event.step, event.value) for event in found.Scalars(tag)])
    for tag in found.Tags()["images"]:
        print(tag, [(event.step, event.height, event.width) for event in found.Images(tag)])


if __name__ == "__main__":
    show(sys.argv[1]) if len(sys.argv) > 1 else write()
