import Foundation
import TensorKernels
import TestSupport
import Testing

/// None, one, and one less and more than a whole number of vector registers.
private let sizes = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127]

/// Kernels work through registers of eight and blocks of thirty-two; what is left over at the end
/// must come out the same as by a plain loop.
@Suite struct OddSizeTests {
  @Test(arguments: sizes) func elementwiseKernelsReachEveryElement(count: Int) {
    let (a, b): ([Float], [Float]) = (wave(count, phase: 1), wave(count, phase: 2))
    let start: Float = 0.25
    #expect(output(count) { sums(a.span, b.span, into: &$0) } == zip(a, b).map { $0 + $1 })
    #expect(output(count) { differences(a.span, b.span, into: &$0) } == zip(a, b).map { $0 - $1 })
    #expect(output(count) { products(a.span, b.span, into: &$0) } == zip(a, b).map { $0 * $1 })
    #expect(
      output(count) { maxima(a.span, b.span, into: &$0) } == zip(a, b).map { $0 > $1 ? $0 : $1 })
    #expect(
      largestDifference(
        output(count) { affine(a.span, scale: 3, offset: -1, into: &$0) }, a.map { 3 * $0 - 1 })
        < 1e-6)
    #expect(
      largestDifference(
        output(count, startingAt: start) { accumulate(a.span, scaledBy: -2, into: &$0) },
        a.map { start - 2 * $0 }) < 1e-6)
    #expect(
      largestDifference(
        output(count, startingAt: start) {
          accumulateProducts(a.span, b.span, scaledBy: 5, into: &$0)
        }, zip(a, b).map { start + 5 * $0 * $1 }) < 1e-6)
    #expect(output(count, startingAt: start) { multiplyInPlace(&$0, by: 4) }.allSatisfy { $0 == 1 })
    #expect(
      output(count, startingAt: start) { accumulate(constant: 1, into: &$0) }
        .allSatisfy { $0 == 1.25 })
  }

  @Test(arguments: sizes) func functionsReachEveryElement(count: Int) {
    let x: [Float] = wave(count, phase: 3).map { 9 * $0 }
    let slope: [Float] = wave(count, phase: 4)
    let wide = x.map(Double.init)
    func agrees(_ found: [Float], _ expected: [Double], _ tolerance: Double = 4e-6) -> Bool {
      found.count == expected.count
        && zip(found, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
    }
    #expect(agrees(output(count) { exponentials(x.span, into: &$0) }, wide.map { exp($0) }))
    #expect(
      agrees(output(count) { logSigmoids(x.span, into: &$0) }, wide.map { -log(1 + exp(-$0)) }))
    #expect(
      agrees(
        output(count) { logSigmoidsDerivative(x.span, outputGradient: slope.span, into: &$0) },
        zip(wide, slope).map { Double($1) / (1 + exp($0)) }))
    let positive = x.map { abs($0) + 0.5 }
    #expect(
      agrees(
        output(count) { logarithms(positive.span, into: &$0) }, positive.map { log(Double($0)) }))
    #expect(
      agrees(
        output(count) {
          logarithmsDerivative(positive.span, outputGradient: slope.span, into: &$0)
        }, zip(positive, slope).map { Double($1) / Double($0) }))
  }

  @Test(arguments: sizes) func reductionsAddEveryElement(count: Int) {
    let (a, b): ([Float], [Float]) = (wave(count, phase: 5), wave(count, phase: 6))
    let total = a.reduce(0) { $0 + Double($1) }
    let product = zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(Double(sum(a.span)) - total) < 1e-5)
    #expect(abs(Double(dotProduct(a.span, b.span)) - product) < 1e-5)
    #expect(abs(sumOfSquares(a.span) - a.reduce(0) { $0 + Double($1) * Double($1) }) < 1e-12)
  }

  // One row a size: y = gain·x/√(mean x² + ε), and its derivatives by hand.
  @Test(arguments: sizes.dropFirst()) func normAndItsDerivativesReachEveryColumn(columns: Int) {
    let (x, slope): ([Double], [Double]) = (
      wave(3 * columns, phase: 1), wave(3 * columns, phase: 2)
    )
    let gain: [Double] = wave(columns, phase: 3)
    var scales = [Double](repeating: 0, count: 3)
    var span = scales.mutableSpan
    let y = output(3 * columns) {
      rmsNorm(x.span, gain: gain.span, epsilon: 0.01, into: &$0, scales: &span)
    }
    let dx = output(3 * columns) {
      rmsNormInputDerivative(
        x.span, gain: gain.span, scales: scales.span, outputGradient: slope.span, into: &$0)
    }
    let dGain = output(columns) {
      rmsNormGainDerivative(x.span, scales: scales.span, outputGradient: slope.span, into: &$0)
    }
    var (expected, expectedDX) = (y, dx)
    var expectedDGain = [Double](repeating: 0, count: columns)
    for row in 0..<3 {
      let places = row * columns..<(row + 1) * columns
      var (squares, pull) = (0.0, 0.0)
      for i in places {
        squares += x[i] * x[i]
        pull += gain[i - row * columns] * slope[i] * x[i]
      }
      let scale: Double = 1 / (squares / Double(columns) + 0.01).squareRoot()
      for i in places {
        let c = i - row * columns
        expected[i] = gain[c] * x[i] * scale
        let straight: Double = scale * gain[c] * slope[i]
        let cube: Double = scale * scale * scale
        expectedDX[i] = straight - x[i] * cube * pull / Double(columns)
        expectedDGain[c] += slope[i] * x[i] * scale
      }
    }
    #expect(largestDifference(y, expected) < 1e-13)
    #expect(largestDifference(dx, expectedDX) < 1e-13)
    #expect(largestDifference(dGain, expectedDGain) < 1e-13)
  }

  @Test(arguments: sizes) func gateReachesEveryElement(count: Int) {
    let (gate, up): ([Double], [Double]) = (
      wave(count, phase: 1).map { 6 * $0 }, wave(count, phase: 2)
    )
    let slope: [Double] = wave(count, phase: 3)
    let input = gate + up
    guard count > 0 else { return }
    let y = output(count) { swiGLU(input.span, width: count, into: &$0) }
    #expect(largestDifference(y, zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }) < 1e-13)
    let gradient = output(2 * count) {
      swiGLUDerivative(input.span, width: count, outputGradient: slope.span, into: &$0)
    }
    for i in 0..<count {
      func unit(_ g: Double) -> Double { g / (1 + exp(-g)) }
      let central = (unit(gate[i] + 1e-5) - unit(gate[i] - 1e-5)) / 2e-5
      #expect(abs(gradient[i] - slope[i] * up[i] * central) < 1e-8)
      #expect(abs(gradient[count + i] - slope[i] * unit(gate[i])) < 1e-13)
    }
  }

  // Pair i of a head is (i, i + half), turned by position·base^(−2i/width); queries are scaled.
  @Test(arguments: [2, 4, 14, 16, 18, 30, 34, 62, 64, 66]) func rotationReachesEveryPair(width: Int)
  {
    let shape = AttentionShape(
      segments: Segments(lengths: []), heads: 2, keyValueHeads: 1, headDimension: width)
    let table = RotaryTable<Double>(positions: 9, headDimension: width, base: 50)
    let cache = CacheShape(attention: shape, slots: 1, capacity: 9)
    let x: [Double] = wave(2 * 4 * width, phase: 1)
    var places = CachePlaces()
    for position in [8, 3] { places.append(slot: 0, position: position) }
    var (keys, values) = (
      [Double](repeating: 0, count: cache.keyCount),
      [Double](repeating: 0, count: cache.valueCount)
    )
    var keySpan = keys.mutableSpan
    var valueSpan = values.mutableSpan
    let queries = output(2 * 2 * width) {
      cacheRows(
        x.span, at: places, of: cache, table: table, keys: &keySpan, values: &valueSpan,
        queries: &$0)
    }
    let half = width / 2
    for (row, position) in places.positions.enumerated() {
      for i in 0..<half {
        let angle = Double(position) * pow(50, -2 * Double(i) / Double(width))
        for head in 0..<2 {
          let (start, from) = ((row * 2 + head) * width, (row * 4 + head) * width)
          let (a, b) = (x[from + i], x[from + half + i])
          let scale = 1 / Double(width).squareRoot()
          let (first, second) = (queries[start + i], queries[start + half + i])
          #expect(abs(first - scale * (a * cos(angle) - b * sin(angle))) < 1e-13)
          #expect(abs(second - scale * (b * cos(angle) + a * sin(angle))) < 1e-13)
        }
        let (a, b) = (x[(row * 4 + 2) * width + i], x[(row * 4 + 2) * width + half + i])
        let expected = [a * cos(angle) - b * sin(angle), b * cos(angle) + a * sin(angle)]
        #expect(abs(keys[16 * i + position] - expected[0]) < 1e-13)
        #expect(abs(keys[16 * (i + half) + position] - expected[1]) < 1e-13)
      }
      #expect(
        values[position * width..<(position + 1) * width]
          == x[(row * 4 + 3) * width..<(row * 4 + 4) * width])
    }
  }

  @Test(arguments: sizes.dropFirst()) func softmaxReachesEveryColumn(columns: Int) {
    let logits: [Double] = wave(2 * columns, phase: 7).map { 5 * $0 }
    let targets = [columns - 1, columns / 2]
    var values = logits
    var span = values.mutableSpan
    let statistics = softmaxInPlace(&span, targets: targets, temperature: 1.5)
    let slope = [2.0, -3]
    var gradient = values
    do {
      var gradientSpan = gradient.mutableSpan
      softmaxDerivativeInPlace(
        &gradientSpan, targets: targets, temperature: 1.5, outputGradient: slope.span)
    }
    for row in 0..<2 {
      let z = logits[row * columns..<(row + 1) * columns].map { $0 / 1.5 }
      let total = z.reduce(0) { $0 + exp($1) }
      for c in 0..<columns {
        let p = exp(z[c]) / total
        #expect(abs(values[row * columns + c] - p) < 1e-14)
        let hit: Double = c == targets[row] ? 1 : 0
        let expected: Double = slope[row] * (hit - p) / 1.5
        #expect(abs(gradient[row * columns + c] - expected) < 1e-13)
      }
      #expect(abs(statistics.logProbabilities[row] - (z[targets[row]] - log(total))) < 1e-12)
      #expect(statistics.arePredicted[row] == (z[targets[row]] == z.max()))
      let entropy = z.reduce(0.0) { sum, value -> Double in
        sum - exp(value) / total * (value - log(total))
      }
      #expect(abs(statistics.entropies[row] - entropy) < 1e-12)
    }
  }

  @Test(arguments: [0, 1, 3, 17]) func rowsArePickedAndPutBack(columns: Int) {
    let input: [Double] = wave(4 * columns, phase: 1)
    let rows = [3, 0, 3]
    let picked = output(3 * columns) {
      gatherRows(input.span, columns: columns, rows: rows, into: &$0)
    }
    #expect(picked == rows.flatMap { Array(input[$0 * columns..<($0 + 1) * columns]) })
    let slope: [Double] = wave(3 * columns, phase: 2)
    let back = output(4 * columns, startingAt: 1) {
      scatterRows(slope.span, columns: columns, rows: rows, into: &$0)
    }
    for c in 0..<columns {
      #expect(back[c] == 1 + slope[columns + c])
      #expect(back[columns + c] == 1 && back[2 * columns + c] == 1)
      #expect(abs(back[3 * columns + c] - (1 + slope[c] + slope[2 * columns + c])) < 1e-15)
    }
  }
}

/// Optimizer steps against the papers' recursions in plain Double loops.
@Suite struct OptimizerRecursionTests {
  @Test(arguments: sizes) func adamFollowsItsRecursion(count: Int) {
    var values: [Double] = wave(count, phase: 1)
    var (mean, square) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
    )
    var (expected, m, v) = (values, mean, square)
    for step in 1...5 {
      let gradient: [Double] = wave(count, phase: Double(10 * step))
      let numbers = AdamStep<Double>(
        beta1: 0.8, beta2: 0.95, epsilon: 1e-6, shrinkage: 0.99, learningRate: 0.03, step: step)
      do {
        var a = values.mutableSpan
        var b = mean.mutableSpan
        var c = square.mutableSpan
        adamUpdate(numbers, gradient: gradient.span, mean: &b, square: &c, &a)
      }
      for i in 0..<count {
        m[i] = 0.8 * m[i] + 0.2 * gradient[i]
        v[i] = 0.95 * v[i] + 0.05 * gradient[i] * gradient[i]
        let corrected = m[i] / (1 - pow(0.8, Double(step)))
        let root = (v[i] / (1 - pow(0.95, Double(step)))).squareRoot()
        expected[i] = 0.99 * expected[i] - 0.03 * corrected / (root + 1e-6)
      }
    }
    #expect(largestDifference(values, expected) < 1e-12)
    #expect(largestDifference(mean, m) < 1e-14 && largestDifference(square, v) < 1e-14)
  }

  @Test(arguments: sizes) func rmsPropFollowsItsRecursion(count: Int) {
    var values: [Double] = wave(count, phase: 2)
    var square = [Double](repeating: 0, count: count)
    var (expected, v) = (values, square)
    for step in 1...5 {
      let gradient: [Double] = wave(count, phase: Double(7 * step))
      do {
        var a = values.mutableSpan
        var b = square.mutableSpan
        rmsPropUpdate(
          alpha: 0.9, epsilon: 1e-5, weightDecay: 0.1, learningRate: 0.02, gradient: gradient.span,
          square: &b, &a)
      }
      for i in 0..<count {
        // The decay is part of the gradient here, unlike AdamW's.
        let g = gradient[i] + 0.1 * expected[i]
        v[i] = 0.9 * v[i] + 0.1 * g * g
        expected[i] -= 0.02 * g / (v[i].squareRoot() + 1e-5)
      }
    }
    #expect(largestDifference(values, expected) < 1e-12 && largestDifference(square, v) < 1e-14)
  }
}

/// Attention at head widths around the register sizes, with its derivative by central differences.
@Suite struct OddAttentionTests {
  private struct Problem {
    let shape: AttentionShape
    let table: RotaryTable<Double>
    var rows: [Double]
    let slope: [Double]

    init(width: Int, lengths: [Int]) {
      shape = AttentionShape(
        segments: Segments(lengths: lengths), heads: 2, keyValueHeads: 1, headDimension: width)
      table = RotaryTable(positions: 8, headDimension: width, base: 100)
      rows = wave(shape.segments.total * 4 * width, phase: 1)
      slope = wave(shape.segments.total * 2 * width, phase: 4)
    }

    /// The output, and the weights that the derivative needs again.
    func attend() -> (output: [Double], weights: [Double]) {
      var weights = [Double](repeating: 0, count: shape.weightCount)
      var span = weights.mutableSpan
      let result = output(slope.count) {
        selfAttention(rows.span, shape: shape, table: table, into: &$0, weights: &span)
      }
      return (result, weights)
    }

    var loss: Double { zip(attend().output, slope).reduce(0) { $0 + $1.0 * $1.1 } }

    func gradient() -> [Double] {
      let weights = attend().weights
      return output(rows.count) {
        selfAttentionDerivative(
          rows.span, weights: weights.span, shape: shape, table: table,
          outputGradient: slope.span, into: &$0)
      }
    }
  }

  @Test(arguments: [2, 4, 6, 8, 10, 16, 30, 32, 34, 42])
  func derivativeIsThatOfCentralDifferences(width: Int) {
    var problem = Problem(width: width, lengths: [1, 4, 0, 2])
    let gradient = problem.gradient()
    for i in stride(from: 0, to: problem.rows.count, by: 3) {
      let value = problem.rows[i]
      problem.rows[i] = value + 1e-5
      let above = problem.loss
      problem.rows[i] = value - 1e-5
      let below = problem.loss
      problem.rows[i] = value
      #expect(abs((above - below) / 2e-5 - gradient[i]) < 1e-8)
    }
  }

  @Test func weightsOfARowSumToOneAndSeeNothingAhead() {
    let problem = Problem(width: 6, lengths: [6])
    let weights = problem.attend().weights
    // Rows of six weights lie sixteen apart.
    #expect(problem.shape.weightCount == 2 * 6 * 16 && weights.count == 192)
    for row in 0..<12 {
      let (seen, i) = (weights[row * 16..<(row + 1) * 16], row % 6)
      #expect(abs(seen.reduce(0, +) - 1) < 1e-14)
      #expect(seen.prefix(i + 1).allSatisfy { $0 > 0 })
      #expect(seen.dropFirst(i + 1).allSatisfy { $0 == 0 })
    }
  }
}
