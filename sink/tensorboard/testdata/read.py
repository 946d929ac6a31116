"""Prints, as JSON, what TensorBoard reads in a folder, and what its writer makes of a number."""

import base64
import glob
import hashlib
import json
import os
import sys
import tempfile

from google.protobuf import json_format
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import metadata
from torch.utils.tensorboard import SummaryWriter

files = glob.glob(sys.argv[1] + "/*")
assert len(files) == 1, files
board = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "tensors": 0})
board.Reload()
hparams = board.PluginTagToContent("hparams")

with tempfile.TemporaryDirectory() as out:
    with SummaryWriter(out) as w:
        value = summary_pb2.Summary.Value(tag="Loss/train", simple_value=0.1)
        w.file_writer.event_writer.add_event(event_pb2.Event(
            wall_time=1700000000.25, step=3000, summary=summary_pb2.Summary(value=[value])))
    with open(glob.glob(out + "/*")[0], "rb") as f:
        written = f.read()
first = 16 + int.from_bytes(written[:8], "little")  # the record with the version
print(json.dumps({
    "sha256": hashlib.sha256(open(files[0], "rb").read()).hexdigest(),
    "version": board.file_version if hasattr(board, "file_version") else None,
    "scalars": {tag: [[s.wall_time, s.step, s.value] for s in board.Scalars(tag)] for tag in board.Tags()["scalars"]},
    "texts": {tag: [[t.step, t.tensor_proto.string_val[0].decode()] for t in board.Tensors(tag)]
              for tag in board.Tags()["tensors"] if tag in board.PluginTagToContent("text")},
    "started": json_format.MessageToDict(metadata.parse_session_start_info_plugin_data(hparams["_hparams_/session_start_info"])),
    "ended": json_format.MessageToDict(metadata.parse_session_end_info_plugin_data(hparams["_hparams_/session_end_info"])),
    "record": base64.b64encode(written[first:]).decode(),
}, indent=1, sort_keys=True))
