import Autograd
import Datasets
import Foundation
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

func now() -> Double { Double(clock_gettime_nsec_np_thread()) * 1e-9 }
func clock_gettime_nsec_np_thread() -> Int {
  var t = timespec()
  unsafe clock_gettime(threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t)
  return t.tv_sec * 1_000_000_000 + t.tv_nsec
}
BLAS.useOneThread()
print(BLAS.coreName)
struct Size { var name: String; var c: ModelConfiguration; var batch: Int; var length: Int }
func size(_ n: String, _ l: Int, _ d: Int, _ h: Int, _ v: Int, _ t: Int, _ b: Int) -> Size {
  Size(name: n, c: ModelConfiguration(layers: l, hiddenSize: d, intermediateSize: 3 * d, heads: h, vocabularySize: v, maximumLength: t + 1), batch: b, length: t)
}
let sizes = [size("XS", 2, 64, 4, 64, 32, 64), size("S", 4, 128, 4, 256, 64, 32), size("M", 6, 256, 8, 1024, 128, 16), size("L", 8, 512, 8, 4096, 128, 8)]
// gemm peak
do {
  let n = 1024
  let a = [Float](repeating: 0.5, count: n * n)
  var c = a
  var best = 1e9
  for _ in 0..<5 {
    let t = now()
    var s = c.mutableSpan
    Float.multiply(MatrixProduct(rows: n, inner: n, columns: n), a.span, a.span, into: &s)
    best = min(best, now() - t)
  }
  print("gemm 1024: \(2 * Double(n * n * n) / best / 1e9) GFLOP/s")
}
let threads = Int(ProcessInfo.processInfo.environment["THREADS"] ?? "1") ?? 1
let only = CommandLine.arguments.dropFirst()
for size in sizes where only.isEmpty || only.contains(size.name) {
  var g = Seed(1).generator(for: "m")
  var model = Transformer<Float>(configuration: size.c, using: &g)
  let seqs = (0..<size.batch).map { i in
    TokenSequence(prompt: [1], completion: (0..<size.length).map { (i * 7 + $0 * 13) % size.c.vocabularySize })
  }
  let shards = 4
  let parts = consecutiveParts(of: seqs, count: shards)
  let workers = ShardWorkers<Float>(count: threads)
  var opt = AdamW<Float>()
  let tokens = Double(size.batch * size.length)
  var f = 1e9, fb = 1e9, all = 1e9
  for _ in 0..<(size.name == "XS" ? 30 : size.name == "S" ? 10 : 4) {
    let t0 = now()
    let (r, readings) = shardedGradient(of: model.parameters, shards: shards, on: workers) { [model] s, p in
      let a = now()
      let lp = model.tokenLogProbabilities(SequenceBatch(parts[s]), p, on: p.tape)
      let l = Float(-1 / tokens) * lp.logProbabilities.sum()
      return (l, now() - a)
    }
    let fwd = readings.reduce(0, +)
    let t1 = now()
    opt.update(&model.parameters, along: r.total, learningRate: 1e-3)
    let t2 = now()
    f = min(f, fwd); fb = min(fb, t1 - t0); all = min(all, t2 - t0)
  }
  let flops = 3 * size.c.forwardFLOPs(sequenceLengths: seqs.map { _ in size.length })
  print("\(size.name) params \(size.c.parameterCount) forward \(f * 1e3) ms, backward \((fb - f) * 1e3), optimizer \((all - fb) * 1e3) total \(all * 1e3) ms; \(Int(tokens / all)) tok/s/core; \(flops / all / 1e9) GFLOP/s")
  if ProcessInfo.processInfo.environment["NOSAMPLE"] != nil { continue }
  // sampling
  var sbest = 1e9
  for _ in 0..<3 {
    var sampler = Sampler(model, slots: 64, workers: threads)
    let t = now()
    let got = sampler.sample(prompts: Array(repeating: [1], count: 64), maximumTokens: size.length, endToken: -1) { i, p in Double((i * 31 + p * 17) % 97) / 97 }
    sbest = min(sbest, (now() - t) / Double(got.count * size.length))
  }
  print("   sampling \(Int(1 / sbest)) tok/s/core")
}
