import Foundation
import TensorKernels

/// Kernels of a decoder layer at the sizes of S, one call at a time on one core.
func measureKernels(seconds: Double) -> [Measurement] {
  let count = 64 * 1024
  let input = (0..<count).map { Float($0 % 97) / 50 - 1 }
  let gain = [Float](repeating: 1, count: 128)
  var (output, scales) = (input, [Float](repeating: 0, count: count / 128))
  var measured: [Measurement] = []
  func add(_ name: String, elements: Int = 0, flops: Double = 0, _ body: () -> Void) {
    measured.append(measureKernel(name, elements, flops, seconds, body))
  }
  add("exp", elements: count) {
    var span = output.mutableSpan
    exponentials(input.span, into: &span)
  }
  add("log sigmoid", elements: count) {
    var span = output.mutableSpan
    logSigmoids(input.span, into: &span)
  }
  add("SwiGLU", elements: count / 2) {
    var half = output.mutableSpan
    var span = half._mutatingExtracting(0..<count / 2)
    swiGLU(input.span, width: 256, into: &span)
  }
  add("RMS norm", elements: count) {
    var span = output.mutableSpan
    var scaleSpan = scales.mutableSpan
    rmsNorm(input.span, gain: gain.span, epsilon: 1e-5, into: &span, scales: &scaleSpan)
  }
  add("log-softmax of 256", elements: count) {
    var logits = output
    var span = logits.mutableSpan
    _ = softmaxInPlace(&span, targets: [Int](repeating: 3, count: count / 256), temperature: 1)
  }
  measured += measureAttention(seconds: seconds) + measureProducts(seconds: seconds)
  return measured
}

/// Self-attention of 8 sequences of 64 tokens, 4 heads of 32, and its derivative.
private func measureAttention(seconds: Double) -> [Measurement] {
  let shape = AttentionShape(
    segments: Segments(lengths: [Int](repeating: 64, count: 8)), heads: 4, keyValueHeads: 4,
    headDimension: 32)
  let table = RotaryTable<Float>(positions: 64, headDimension: 32, base: 1e4)
  let rows = (0..<512 * shape.rowColumns).map { Float($0 % 89) / 45 - 1 }
  let slope = (0..<512 * shape.queryColumns).map { Float($0 % 83) / 40 - 1 }
  var weights = [Float](repeating: 0, count: shape.weightCount)
  var (output, gradient) = (slope, rows)
  // Two products over the lower triangle; the derivative has four, and the forward one again.
  let flops = Double(8 * 4 * 64 * 65 / 2 * 32 * 4)
  return [
    measureKernel("attention", 0, flops, seconds) {
      var span = output.mutableSpan
      var weightSpan = weights.mutableSpan
      selfAttention(rows.span, shape: shape, table: table, into: &span, weights: &weightSpan)
    },
    measureKernel("attention's derivative", 0, 2 * flops, seconds) {
      var span = gradient.mutableSpan
      selfAttentionDerivative(
        rows.span, weights: weights.span, shape: shape, table: table,
        outputGradient: slope.span, into: &span)
    },
  ]
}

/// The three products of a linear layer, named by its rows, inputs and outputs; and a sampler's.
private func measureProducts(seconds: Double) -> [Measurement] {
  let layers = [(512, 64, 192), (512, 128, 384), (512, 256, 768), (256, 512, 1536)]
  let samplers = [(64, 64, 192), (64, 128, 384), (64, 256, 768), (64, 512, 1536)]
  return layers.flatMap { rows, inputs, outputs in
    let size = "\(rows)×\(inputs)×\(outputs)"
    return [
      (
        "linear \(size)",
        MatrixProduct(rows: rows, inner: inputs, columns: outputs, right: .transposed)
      ),
      ("by its input \(size)", MatrixProduct(rows: rows, inner: outputs, columns: inputs)),
      (
        "by its weight \(size)",
        MatrixProduct(rows: outputs, inner: rows, columns: inputs, left: .transposed)
      ),
    ].map { measureProduct($0.0, $0.1, seconds: seconds) }
  } + samplers.map { measurePackedProduct(rows: $0.0, inputs: $0.1, outputs: $0.2, seconds) }
}

private func measureProduct(
  _ name: String, _ product: MatrixProduct, seconds: Double
) -> Measurement {
  let left = [Float](repeating: 0.5, count: product.rows * product.inner)
  let right = [Float](repeating: 0.25, count: product.inner * product.columns)
  var result = [Float](repeating: 0, count: product.rows * product.columns)
  let flops = Double(2 * product.rows * product.inner * product.columns)
  return measureKernel(name, 0, flops, seconds) {
    var span = result.mutableSpan
    Float.multiply(product, left.span, right.span, into: &span)
  }
}

private func measurePackedProduct(
  rows: Int, inputs: Int, outputs: Int, _ seconds: Double
) -> Measurement {
  let input = [Float](repeating: 0.5, count: rows * inputs)
  let packed = PackedWeight([Float](repeating: 0.25, count: outputs * inputs), inputs: inputs)
  var result = [Float](repeating: 0, count: rows * outputs)
  return measureKernel(
    "packed \(rows)×\(inputs)×\(outputs)", 0, Double(2 * rows * inputs * outputs), seconds
  ) {
    var span = result.mutableSpan
    packed.assignProduct(input.span, into: &span)
  }
}

/// Seconds of one call, or of one element if elements are counted.
private func measureKernel(
  _ name: String, _ elements: Int, _ flops: Double, _ seconds: Double, _ body: () -> Void
) -> Measurement {
  let clock = ContinuousClock()
  body()
  let calls = max(1, Int(0.002 / max(1e-7, clock.measure(body) / .seconds(1))))
  var times: [Double] = []
  let end = clock.now + .seconds(seconds)
  repeat {
    let elapsed = clock.measure { for _ in 0..<calls { body() } } / .seconds(1)
    times.append(elapsed / Double(calls * max(1, elements)))
  } while clock.now < end || times.count < 5
  return Measurement(
    name: elements > 0 ? "\(name), an element" : name, size: nil, threads: 1,
    seconds: Spread(times), tokens: 0, flops: flops)
}

/// The best rate of fused multiply-adds that one core reaches, in registers of eight and sixteen.
func measurePeak() -> Double {
  let clock = ContinuousClock()
  var (best, sum) = (0.0, Float(0))
  for _ in 0..<20 {
    let eight = clock.measure { sum += multiplyAddsOfEight(200_000)[0] } / .seconds(1)
    let sixteen = clock.measure { sum += multiplyAddsOfSixteen(200_000)[0] } / .seconds(1)
    best = max(best, 200_000 * 10 * 8 * 2 / eight, 200_000 * 10 * 16 * 2 / sixteen)
  }
  // Reading the sum keeps the compiler from leaving it out.
  return sum.isNaN ? .nan : best
}

@inline(never)
private func multiplyAddsOfEight(_ count: Int) -> SIMD8<Float> {
  let (x, y) = (SIMD8<Float>(repeating: 1e-9), SIMD8<Float>(repeating: 0.5))
  var (a, b, c, d, e) = (x, x, x, x, x)
  var (f, g, h, i, j) = (x, x, x, x, x)
  for _ in 0..<count {
    a.addProduct(x, y)
    b.addProduct(x, y)
    c.addProduct(x, y)
    d.addProduct(x, y)
    e.addProduct(x, y)
    f.addProduct(x, y)
    g.addProduct(x, y)
    h.addProduct(x, y)
    i.addProduct(x, y)
    j.addProduct(x, y)
  }
  return ((a + b) + (c + d)) + ((e + f) + (g + h)) + (i + j)
}

@inline(never)
private func multiplyAddsOfSixteen(_ count: Int) -> SIMD16<Float> {
  let (x, y) = (SIMD16<Float>(repeating: 1e-9), SIMD16<Float>(repeating: 0.5))
  var (a, b, c, d, e) = (x, x, x, x, x)
  var (f, g, h, i, j) = (x, x, x, x, x)
  for _ in 0..<count {
    a.addProduct(x, y)
    b.addProduct(x, y)
    c.addProduct(x, y)
    d.addProduct(x, y)
    e.addProduct(x, y)
    f.addProduct(x, y)
    g.addProduct(x, y)
    h.addProduct(x, y)
    i.addProduct(x, y)
    j.addProduct(x, y)
  }
  return ((a + b) + (c + d)) + ((e + f) + (g + h)) + (i + j)
}
