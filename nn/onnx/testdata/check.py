"""Holds each model of a folder to onnx's checker, and its inferred shapes and metadata to what it says."""
import glob
import json
import sys

import onnx

for path in sorted(glob.glob(sys.argv[1] + "/*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert inferred.graph.output[0] == model.graph.output[0]
    assert model.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "N"
    assert {p.key: json.loads(p.value) for p in model.metadata_props} == {"classes": ["a", "ü\n"]}, model.metadata_props
    print("onnx", onnx.__version__, "passes", path)
