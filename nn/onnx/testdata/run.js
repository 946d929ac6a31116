// Prints what onnxruntime computes of each model in a folder, of its two samples together, after
// checking that one alone gives the same.
const fs = require('fs'), path = require('path'), crypto = require('crypto');
const modules = require('module').createRequire(process.cwd() + '/');
const ort = modules('onnxruntime-node');

async function logits(session, values, n, shape) {
  const out = await session.run({ input: new ort.Tensor('float32', values, [n, ...shape]) });
  return Array.from(out.logits.data);
}

(async () => {
  const folder = process.argv[2], models = {};
  for (const file of fs.readdirSync(folder).filter((f) => f.endsWith('.onnx')).sort()) {
    const name = file.slice(0, -5), bytes = fs.readFileSync(path.join(folder, file));
    const { shape, values } = JSON.parse(fs.readFileSync(path.join(folder, name + '.json')));
    const session = await ort.InferenceSession.create(bytes);
    const both = await logits(session, Float32Array.from(values), 2, shape);
    const one = await logits(session, Float32Array.from(values.slice(0, values.length / 2)), 1, shape);
    one.forEach((v, i) => { if (!(Math.abs(v - both[i]) < 1e-5)) throw new Error(`${name}: ${v} alone, ${both[i]} of two`); });
    const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
    models[name] = { inputs: session.inputNames, outputs: session.outputNames, sha256, logits: both };
  }
  console.log(JSON.stringify({ onnxruntime: modules('onnxruntime-node/package.json').version, models }, null, 1));
})();
