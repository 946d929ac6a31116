#!/usr/bin/env node
// The side of ONNX Runtime in a timing of inference: what lgl bench infer times, of a network that lgl export wrote.
//
//   npm install onnxruntime-node
//   node scripts/onnxruntime_step.js pictures.onnx --batch 1 --threads 2 --steps 20
//
// Prints one JSON object with the field names of lgl bench --json.
const path = require('path');
const modules = require('module').createRequire(path.resolve('node_modules', '.'));
const ort = modules('onnxruntime-node');

const flag = (name, usual) => {
  const at = process.argv.indexOf('--' + name);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};

async function main() {
  const [batch, threads, steps] = [flag('batch', 128), flag('threads', 2), flag('steps', 5)];
  const net = await ort.InferenceSession.create(process.argv[2], { intraOpNumThreads: threads });
  const shape = [batch, ...net.inputMetadata[0].shape.slice(1)];
  const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random);
  const feed = { [net.inputNames[0]]: new ort.Tensor('float32', pixels, shape) };
  const step = async () => {
    const began = performance.now();
    await net.run(feed);
    return performance.now() - began;
  };
  await step(), await step();
  const times = [];
  while (times.length < steps) times.push(await step());
  times.sort((a, b) => a - b);
  const median = (times[(steps - 1) >> 1] + times[steps >> 1]) / 2;
  console.log(JSON.stringify({
    model: path.basename(process.argv[2]), batch, precision: 'f32', mode: 'infer', threads, ms_median: median, ms_min: times[0],
    samples_per_s: (batch / median) * 1e3, peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    engine: 'onnxruntime', version: modules('onnxruntime-node/package.json').version,
  }));
}

main();
