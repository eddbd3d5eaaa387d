import Autograd
import Foundation
import Optimizers
import TensorKernels
import TestSupport
import Testing

@Suite struct AdamWTests {
  private func parameters<Scalar: TensorScalar>(_ values: [[Scalar]]) -> ParameterSet<Scalar> {
    var set = ParameterSet<Scalar>()
    for (i, values) in values.enumerated() {
      set.append("p\(i)", shape: Shape(rows: 1, columns: values.count), values: values)
    }
    return set
  }

  /// The lines of torch.optim.AdamW's single-tensor loop for one number.
  private struct TorchAdamW {
    var value: Double
    let (beta1, beta2, epsilon, weightDecay): (Double, Double, Double, Double)
    private var (mean, square, step) = (0.0, 0.0, 0.0)

    init(_ value: Double, _ optimizer: AdamW<Double>) {
      self.value = value
      (beta1, beta2) = (optimizer.beta1, optimizer.beta2)
      (epsilon, weightDecay) = (optimizer.epsilon, optimizer.weightDecay)
    }

    mutating func update(_ gradient: Double, _ learningRate: Double) {
      step += 1
      value *= 1 - learningRate * weightDecay
      mean += (gradient - mean) * (1 - beta1)
      square = square * beta2 + gradient * gradient * (1 - beta2)
      let stepSize = learningRate / (1 - pow(beta1, step))
      let denominator = sqrt(square) / sqrt(1 - pow(beta2, step)) + epsilon
      value -= stepSize * mean / denominator
    }
  }

  @Test(arguments: [0, 0.1])
  func tenStepsFollowPyTorchsLoop(weightDecay: Double) {
    let start: [Double] = wave(7, phase: 1)
    var set = parameters([Array(start[..<3]), Array(start[3...])])
    var optimizer = AdamW<Double>(beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: weightDecay)
    var expected = start.map { TorchAdamW($0, optimizer) }
    for step in 0..<10 {
      let gradient: [Double] = wave(7, phase: Double(10 + step))
      let rate = 0.01 * Double(step + 1)
      optimizer.update(
        &set, along: Gradient(values: [Array(gradient[..<3]), Array(gradient[3...])]),
        learningRate: rate)
      for i in expected.indices { expected[i].update(gradient[i], rate) }
    }
    #expect(largestDifference(set.values.flatMap(\.self), expected.map(\.value)) < 1e-14)
    #expect(optimizer.steps == 10)
  }

  @Test func epsilonBeforeTheCorrectionIsTensorFlows() {
    // tf.train.AdamOptimizer: θ −= η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε).
    var set = parameters([[0.5]])
    var optimizer = AdamW<Double>(epsilon: 1e-2, epsilonPlacement: .beforeCorrection)
    var (mean, square, expected) = (0.0, 0.0, 0.5)
    for step in 1...6 {
      let gradient = 0.3 * sin(Double(step)) + 0.02
      optimizer.update(&set, along: Gradient(values: [[gradient]]), learningRate: 0.1)
      mean = 0.9 * mean + 0.1 * gradient
      square = 0.999 * square + 0.001 * gradient * gradient
      let rate = 0.1 * sqrt(1 - pow(0.999, Double(step))) / (1 - pow(0.9, Double(step)))
      expected -= rate * mean / (sqrt(square) + 1e-2)
      #expect(abs(set.values[0][0] - expected) < 1e-14)
    }
    #expect(AdamW<Double>().epsilonPlacement == .afterCorrection)
  }

  @Test func theFirstTwoStepsAreThoseByHand() {
    // g = 1, then −1, η = 0.1, defaults. Step 1: m̂ = √v̂ = 1, so θ falls by 0.1.
    // Step 2: m = 0.9·0.1 − 0.1 = −0.01, m̂ = −0.01/0.19; v̂ = 1; θ rises by 0.1·0.01/0.19.
    var set = parameters([[1.0]])
    var optimizer = AdamW<Double>()
    optimizer.update(&set, along: Gradient(values: [[1]]), learningRate: 0.1)
    #expect(abs(set.values[0][0] - 0.9) < 1e-8)
    optimizer.update(&set, along: Gradient(values: [[-1]]), learningRate: 0.1)
    #expect(abs(set.values[0][0] - (0.9 + 0.1 * 0.01 / 0.19)) < 1e-8)
  }

  @Test func floatFollowsDouble() {
    let start: [Double] = wave(50, phase: 1)
    var wide = parameters([start])
    var narrow = wide.converted(to: Float.self)
    var (wideOptimizer, narrowOptimizer) = (AdamW<Double>(), AdamW<Float>())
    for step in 0..<20 {
      let gradient: [Double] = wave(50, phase: Double(step))
      wideOptimizer.update(&wide, along: Gradient(values: [gradient]), learningRate: 0.01)
      let rounded: [Float] = converted(gradient)
      narrowOptimizer.update(&narrow, along: Gradient(values: [rounded]), learningRate: 0.01)
    }
    let difference = largestDifference(narrow.converted(to: Double.self).values[0], wide.values[0])
    #expect(difference < 1e-5)
  }

  @Test func aCopiedOptimizerIsIndependent() {
    var first = AdamW<Double>()
    var set = parameters([[1.0]])
    first.update(&set, along: Gradient(values: [[1]]), learningRate: 0.1)
    var second = first
    var (left, right) = (set, set)
    second.update(&right, along: Gradient(values: [[100]]), learningRate: 0.1)
    first.update(&left, along: Gradient(values: [[1]]), learningRate: 0.1)
    #expect(abs(left.values[0][0] - 0.8) < 1e-7)
    #expect(left.values[0][0] != right.values[0][0])
  }
}

@Suite struct RMSpropTests {
  private func parameters(_ values: [Double]) -> ParameterSet<Double> {
    var set = ParameterSet<Double>()
    set.append("p", shape: Shape(rows: 1, columns: values.count), values: values)
    return set
  }

  @Test func theFirstTwoStepsAreThoseByHand() {
    // v = 0.01·4, θ = 1 − 0.1·2/0.2 = 0; then v = 0.99·0.04 + 0.01·9, θ = 0 + 0.1·3/√0.1296.
    var set = parameters([1])
    var optimizer = RMSprop<Double>()
    optimizer.update(&set, along: Gradient(values: [[2]]), learningRate: 0.1)
    #expect(abs(set.values[0][0]) < 1e-7)
    optimizer.update(&set, along: Gradient(values: [[-3]]), learningRate: 0.1)
    #expect(abs(set.values[0][0] - 0.3 / 0.36) < 1e-6)
  }

  @Test func tenStepsFollowPyTorchsLoop() {
    let start: [Double] = wave(5, phase: 1)
    var set = parameters(start)
    var optimizer = RMSprop<Double>(alpha: 0.9, epsilon: 1e-5, weightDecay: 0.1)
    var (values, squares) = (start, [Double](repeating: 0, count: 5))
    for step in 0..<10 {
      let gradient: [Double] = wave(5, phase: Double(10 + step))
      optimizer.update(&set, along: Gradient(values: [gradient]), learningRate: 0.01)
      for i in values.indices {
        // torch.optim.RMSprop: grad.add(param, alpha=weight_decay); square_avg.mul_(α).addcmul_.
        let g = gradient[i] + 0.1 * values[i]
        squares[i] = squares[i] * 0.9 + g * g * 0.1
        values[i] -= 0.01 * g / (sqrt(squares[i]) + 1e-5)
      }
    }
    #expect(largestDifference(set.values[0], values) < 1e-14)
  }
}

@Suite struct AnyOptimizerTests {
  private func stepped(_ optimizer: some Optimizer<Double>) -> [Double] {
    var optimizer = optimizer
    var set = ParameterSet<Double>()
    set.append("p", shape: Shape(rows: 1, columns: 2), values: [1, -2])
    for gradient in [[0.5, 2.0], [-1, 3]] {
      optimizer.update(&set, along: Gradient(values: [gradient]), learningRate: 0.01)
    }
    return set.values[0]
  }

  @Test func itActsAsTheOptimizerThatItNames() {
    let adam = stepped(AdamW<Double>(weightDecay: 0.1))
    let rms = stepped(RMSprop<Double>(weightDecay: 0.1))
    #expect(stepped(AnyOptimizer<Double>(.adamW, weightDecay: 0.1)) == adam)
    #expect(stepped(AnyOptimizer<Double>(.rmsProp, weightDecay: 0.1)) == rms)
    #expect(adam != rms)
  }

  @Test func kindsAreNamedAsInConfigurations() {
    #expect(OptimizerKind.allCases.map(\.rawValue) == ["adamw", "rmsprop"])
    #expect(OptimizerKind(rawValue: "sgd") == nil)
  }
}
