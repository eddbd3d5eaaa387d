public import Autograd
public import TensorKernels

// Every loss is computed once, on the tape, and hands back what its terms were: metrics and
// explanations read those and compute no loss of their own.

/// The clipped surrogate of Schulman (2017), equation 7, negated to be minimised.
///
///     ρᵢ = exp(log π − log π_old)        L = Σ wᵢ·max(−Aᵢ·ρᵢ, −Aᵢ·clip(ρᵢ, 1 − ε, 1 + ε))
///
/// A term i is a token or a completion. The parts of the shards of a minibatch add up to its loss.
/// With a dual clip c > 1, Ye (2020), equation 5, the term of a negative advantage is at most −c·A.
///
/// A ratio that overflows is harmless where its term is clipped anyway; there the log-ratio is held
/// at the largest one, since an infinite ratio times a derivative of zero is no number. Where it is
/// not clipped the term overflows, and the run has diverged.
///
/// - Parameters:
///   - logRatios: log π − log π_old of each term, a column.
///   - advantages: The advantage of each term.
///   - weights: What each term weighs in the loss of the minibatch.
///   - clipRange: The half-width ε.
///   - dualClip: The bound c, if there is one.
///   - tape: The tape that holds the log-ratios.
/// - Returns: The loss, a single number, and what its terms were.
public func clippedPolicyLoss<Scalar: TensorScalar>(
  logRatios: Tensor<Scalar>, advantages: [Scalar], weights: [Scalar], clipRange: Scalar,
  dualClip: Scalar? = nil, on tape: Tape<Scalar>
) -> (loss: Tensor<Scalar>, reading: PolicyLossReading<Scalar>) {
  let largest: [Scalar] = advantages.map {
    $0 >= 0 || dualClip != nil ? largestLogRatio() : .infinity
  }
  let none = [Scalar](repeating: -.infinity, count: largest.count)
  let ratios = logRatios.clamped(none, largest).exponential()
  let costs = tape.column(advantages.map { -$0 })
  let unclipped = costs * ratios
  let clipped = costs * ratios.clamped(1 - clipRange, 1 + clipRange)
  var terms = unclipped.maximum(clipped)
  if let dualClip {
    let caps: [Scalar] = advantages.map {
      $0 < 0 ? Swift.min(-dualClip * $0, .greatestFiniteMagnitude) : .greatestFiniteMagnitude
    }
    terms = terms.minimum(tape.column(caps))
  }
  let reading = PolicyLossReading(
    logRatios: logRatios.values, heldRatios: ratios.values, unclipped: unclipped.values,
    clipped: clipped.values, terms: terms.values)
  return (terms.weightedSum(weights), reading)
}

/// The largest log-ratio whose exponential is safely finite, 87.7 for `Float`.
private func largestLogRatio<Scalar: TensorScalar>() -> Scalar {
  Scalar.logarithm(.greatestFiniteMagnitude) - 1
}

/// What the terms of a clipped policy loss were, term by term.
public struct PolicyLossReading<Scalar: TensorScalar>: Sendable {
  /// log π − log π_old of each term.
  public private(set) var logRatios: [Scalar] = []
  /// The probability ratio of each term; infinite where it overflows.
  public private(set) var ratios: [Scalar] = []
  /// The larger of both terms, under the dual clip if there is one.
  public private(set) var terms: [Scalar] = []
  /// Whether the clipped term exceeds the unclipped one.
  private var areClipped: [Bool] = []

  init(
    logRatios: [Scalar], heldRatios: [Scalar], unclipped: [Scalar], clipped: [Scalar],
    terms: [Scalar]
  ) {
    (self.logRatios, self.terms) = (logRatios, terms)
    ratios = zip(heldRatios, logRatios).map { held, logRatio in
      logRatio > largestLogRatio() ? .exponential(logRatio) : held
    }
    areClipped = zip(unclipped, clipped).map { $1 > $0 }
  }

  /// The readings of all shards of a minibatch, one after another.
  public init(_ shards: [PolicyLossReading]) {
    logRatios = shards.flatMap(\.logRatios)
    ratios = shards.flatMap(\.ratios)
    terms = shards.flatMap(\.terms)
    areClipped = shards.flatMap(\.areClipped)
  }

  /// The mean of the terms.
  public var mean: Scalar { meanInDouble(terms) }

  /// The terms, each times its weight: the loss itself.
  public func sum(weighedBy weights: [Scalar]) -> Scalar {
    Scalar(zip(weights, terms).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
  }

  /// The share of terms that were clipped, TRL's `clipfrac`.
  public var clippedFraction: Scalar { meanInDouble(areClipped.map { $0 ? 1 : 0 }) }

  /// Half the mean squared log-ratio, an estimate of KL(old‖new) for small steps (k2).
  public var approximateKL: Scalar { meanInDouble(logRatios.map { $0 * $0 }) / 2 }

  /// The first ratio that overflowed, if one did.
  public var overflow: RatioOverflow? {
    ratios.firstIndex(of: .infinity).map {
      RatioOverflow(item: $0, logRatio: Double(logRatios[$0]))
    }
  }
}

/// A probability ratio that no floating-point number can hold.
///
/// Where its advantage is positive or zero the loss is finite all the same, for the clipped term is
/// the larger; where it is negative, and no dual clip bounds it, the loss itself overflows.
public struct RatioOverflow: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which of the terms.
  public var item: Int
  /// log π − log π_old.
  public var logRatio: Double

  /// The overflow of a term.
  public init(item: Int, logRatio: Double) { (self.item, self.logRatio) = (item, logRatio) }

  /// The sentence for people.
  public var description: String { "overflow: ratio \(item) is exp(\(logRatio))" }
}

/// The value loss of TRL and of Ziegler's code; it is not in Schulman (2017).
///
///     V_c = clip(V, V_old − c, V_old + c)        L = ½ Σ max((V − R)², (V_c − R)²) / slots
///
/// The parts of the shards of a minibatch add up to its loss.
///
/// - Parameters:
///   - values: V of the shard's slots, a column.
///   - old: V of the same slots before the updates.
///   - returns: What the values should be.
///   - clipRange: The half-width c around the old values; infinite for the plain squared error.
///   - count: Slots of the whole minibatch.
///   - tape: The tape that holds the values.
/// - Returns: The loss, a single number, and what its terms were.
public func clippedValueLoss<Scalar: TensorScalar>(
  _ values: Tensor<Scalar>, old: [Scalar], returns: [Scalar], clipRange: Scalar, count: Int,
  on tape: Tape<Scalar>
) -> (loss: Tensor<Scalar>, reading: ValueLossReading<Scalar>) {
  let targets = tape.column(returns)
  let clippedValues = values.clamped(old.map { $0 - clipRange }, old.map { $0 + clipRange })
  let (unclipped, clipped) = (
    (values - targets).squared(), (clippedValues - targets).squared()
  )
  let errors = unclipped.maximum(clipped)
  let reading = ValueLossReading(
    errors: errors.values, areClipped: zip(unclipped.values, clipped.values).map { $1 > $0 })
  return ((0.5 / Scalar(count)) * errors.sum(), reading)
}

/// What the terms of a clipped value loss were, slot by slot.
public struct ValueLossReading<Scalar: TensorScalar>: Sendable {
  /// The larger of the unclipped and the clipped squared error.
  let errors: [Scalar]
  /// Whether the clipped error exceeds the unclipped one.
  let areClipped: [Bool]

  /// Half the mean of the errors: the loss itself.
  public var loss: Scalar { meanInDouble(errors) / 2 }

  /// The share of slots that were clipped.
  public var clippedFraction: Scalar { meanInDouble(areClipped.map { $0 ? 1 : 0 }) }
}

extension ValueLossReading {
  /// The readings of all shards of a minibatch, one after another.
  public init(_ shards: [ValueLossReading]) {
    self.init(errors: shards.flatMap(\.errors), areClipped: shards.flatMap(\.areClipped))
  }
}

/// The mean, accumulated in double precision.
private func meanInDouble<Scalar: TensorScalar>(_ values: [Scalar]) -> Scalar {
  Scalar(Moments(values).mean)
}

/// A shard's part of the entropy of the next-token distributions, on the tape.
///
///     Σ wₜ·Hₜ        H = −Σᵥ pᵥ·log pᵥ        p = softmax(z/T)        ∂H/∂zᵥ = −pᵥ·(log pᵥ + H)/T
///
/// The value is the exact entropy over the vocabulary and the derivative is written out: the tape
/// sees a weighted sum of logits whose weights are constants, lifted to the right value.
///
/// - Parameters:
///   - logits: The logits z of the shard's tokens, tokens × vocabulary.
///   - temperature: T, which the policy's probabilities have.
///   - weights: The weight of each token in the loss of the minibatch.
/// - Returns: The shard's part, a single number.
public func weightedEntropy<Scalar: TensorScalar>(
  logits: Tensor<Scalar>, temperature: Scalar, weights: [Scalar]
) -> Tensor<Scalar> {
  let (values, width) = (logits.values, logits.shape.columns)
  precondition(weights.count == logits.shape.rows, "\(weights.count) weights for \(logits.shape)")
  var slopes = [Scalar](repeating: 0, count: values.count)
  var total: Scalar = 0
  for (row, weight) in weights.enumerated() {
    let scaled = values[row * width..<(row + 1) * width].map { $0 / temperature }
    let logProbabilities = logSoftmax(scaled)
    let entropy = -logProbabilities.reduce(0) { $0 + Scalar.exponential($1) * $1 }
    total += weight * entropy
    for (column, logProbability) in logProbabilities.enumerated() {
      slopes[row * width + column] =
        -weight * Scalar.exponential(logProbability) * (logProbability + entropy) / temperature
    }
  }
  let linear = logits.weightedSum(slopes)
  return linear + (total - linear.item)
}

/// The logarithms of softmax probabilities, without overflow.
private func logSoftmax<Scalar: TensorScalar>(_ logits: [Scalar]) -> [Scalar] {
  let largest = logits.max() ?? 0
  let sum: Scalar = logits.reduce(0) { $0 + Scalar.exponential($1 - largest) }
  return logits.map { $0 - largest - Scalar.logarithm(sum) }
}
