import Autograd
package import LanguageModel
import RealModule
package import TensorKernels
import Tokenization

/// One prompt's completions under a policy: log-probabilities and score vectors, all in Double.
///
///     s(y) = ∇ log q(y)        Σ q(y)·s(y) = 0
///
/// Williams (1992), section 4, calls s the characteristic eligibility. The scores of n completions
/// under P parameters take n·P·8 bytes, of which 2 GiB are allowed: hold one prompt at a time.
package struct ScoredPolicy: Sendable {
  /// The log-probability log q of each completion; the probabilities sum to one.
  package let logProbabilities: [Double]
  let rows: GradientRows

  /// The score vectors, one row of `parameterCount` values for each completion.
  package var scores: [Double] { rows.values }

  /// The number of the policy's parameters.
  package var parameterCount: Int { rows.width }

  /// The squared norm w = |s|² of each completion's score.
  package var squaredNorms: [Double] { rows.squaredNorms }

  /// A policy given by its log-probabilities and scores.
  ///
  /// A probability of zero has no score, since log q is −∞ there.
  package init(logProbabilities: [Double], scores: [Double], parameterCount: Int) {
    GradientRows.requireRoom(count: logProbabilities.count, width: parameterCount)
    precondition(
      logProbabilities.allSatisfy(\.isFinite),
      "log-probabilities must be finite for scores: \(logProbabilities.filter { !$0.isFinite })")
    self.logProbabilities = logProbabilities
    rows = GradientRows(scores, count: logProbabilities.count, width: parameterCount)
  }

  /// A softmax over one logit for each completion.
  ///
  ///     log q(y) = θᵧ − log Σ exp θ        s(y) = eᵧ − q
  package init(tabular logits: [Double]) {
    let n = logits.count
    GradientRows.requireRoom(count: n, width: n)
    let logProbabilities = normalized(logits)
    let probabilities = logProbabilities.map { Double.exp($0) }
    var scores = [Double](repeating: 0, count: n * n)
    for y in 0..<n {
      for i in 0..<n { scores[y * n + i] = -probabilities[i] }
      scores[y * n + y] = massOfOthers(than: y, in: probabilities)
    }
    self.init(logProbabilities: logProbabilities, scores: scores, parameterCount: n)
  }

  /// A softmax that is linear in features.
  ///
  ///     log q(y) = base(y) + φ(y)·θ − log Σ exp(base + Φθ)        s(y) = φ(y) − E_q[φ]
  ///
  /// - Parameters:
  ///   - base: what is added to the logit of each completion, such as log p.
  ///   - features: φ of each completion.
  ///   - weights: θ.
  package init(base: [Double], features: [[Double]], weights: [Double]) {
    precondition(base.count == features.count, "\(base.count) logits, \(features.count) features")
    GradientRows.requireRoom(count: base.count, width: weights.count)
    let logits = zip(base, features).map { logit, row in
      precondition(row.count == weights.count, "\(row.count) features, \(weights.count) weights")
      return zip(row, weights).reduce(logit) { $0 + $1.0 * $1.1 }
    }
    let logProbabilities = normalized(logits)
    var mean = [Double](repeating: 0, count: weights.count)
    for (logProbability, row) in zip(logProbabilities, features) {
      let probability = Double.exp(logProbability)
      for i in row.indices { mean[i] += probability * row[i] }
    }
    self.init(
      logProbabilities: logProbabilities,
      scores: features.flatMap { row in zip(row, mean).map { $0 - $1 } },
      parameterCount: weights.count)
  }

  /// The sum Σ cᵧ·s(y), one value for each parameter.
  package func combination(_ coefficients: [Double]) -> [Double] { rows.combination(coefficients) }

  /// The inner products s(y)·s(y′), n × n, by blocks of one matrix product each.
  package func gram() -> [Double] { rows.gram() }
}

/// The mass 1 − qᵧ of all others, whose digits are lost in the difference where qᵧ is nearly one.
func massOfOthers(than y: Int, in probabilities: [Double]) -> Double {
  guard probabilities[y] > 0.5 else { return 1 - probabilities[y] }
  return probabilities.indices.reduce(0) { $1 == y ? $0 : $0 + probabilities[$1] }
}

extension ScoredPolicy {
  /// A language model after one prompt: one forward and one backward pass a completion.
  ///
  /// All passes share one tape, so that its memory is that of the longest completion; the scores
  /// take n·P·8 bytes for n completions and P parameters, at most 2 GiB. Log-probabilities are
  /// normalised: in Float their sum is one only up to about 10⁻⁶.
  ///
  /// - Precondition: the completions are all there are, so that their probabilities sum to one.
  package init<Scalar: TensorScalar>(
    of model: Transformer<Scalar>, prompt: [Int], completions: CompletionTree,
    temperature: Double = 1
  ) {
    let (values, rows) = differentiated(
      model.parameters, over: completions.completions
    ) { completion, recorded, tape in
      let batch = SequenceBatch([TokenSequence(prompt: prompt, completion: completion)])
      return model.tokenLogProbabilities(
        batch, recorded, on: tape, temperature: Scalar(temperature)
      ).logProbabilities
    }
    let total = logSumOfExponentials(values)
    precondition(abs(total) < 1e-3, "the completions have probability \(Double.exp(total))")
    self.init(
      logProbabilities: normalized(values), scores: rows,
      parameterCount: model.parameters.scalarCount)
  }
}

/// One prompt's completions under a reward model: rewards and their gradients, in Double.
package struct ScoredReward: Sendable {
  /// The reward r_φ of each completion.
  package let rewards: [Double]
  let rows: GradientRows

  /// A reward model given by its rewards and gradients, one row of parameters a completion.
  package init(rewards: [Double], gradients: [Double], parameterCount: Int) {
    GradientRows.requireRoom(count: rewards.count, width: parameterCount)
    self.rewards = rewards
    rows = GradientRows(gradients, count: rewards.count, width: parameterCount)
  }

  /// One free number for each completion: r_φ(y) = φᵧ, with unit vectors for gradients.
  package init(tabular rewards: [Double]) {
    let n = rewards.count
    GradientRows.requireRoom(count: n, width: n)
    var gradients = [Double](repeating: 0, count: n * n)
    for y in 0..<n { gradients[y * n + y] = 1 }
    self.init(rewards: rewards, gradients: gradients, parameterCount: n)
  }

  /// A reward model after one prompt, read at the last token: one backward pass a completion.
  package init<Scalar: TensorScalar>(
    of model: ScalarModel<Scalar>, prompt: [Int], completions: CompletionTree
  ) {
    let (values, rows) = differentiated(
      model.parameters, over: completions.completions
    ) { completion, recorded, tape in
      let batch = SequenceBatch([TokenSequence(prompt: prompt, completion: completion)])
      return model.values(batch, recorded, on: tape, rows: batch.lastRows)
    }
    self.init(rewards: values, gradients: rows, parameterCount: model.parameters.scalarCount)
  }
}

/// The sum of a column and its gradient for every completion, each from a pass of its own.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func differentiated<Scalar: TensorScalar>(
  _ parameters: ParameterSet<Scalar>, over completions: [[Int]],
  column: ([Int], RecordedParameters<Scalar>, Tape<Scalar>) -> Tensor<Scalar>
) -> (values: [Double], gradients: [Double]) {
  GradientRows.requireRoom(count: completions.count, width: parameters.scalarCount)
  let tape = Tape<Scalar>()
  var values: [Double] = []
  var gradients: [Double] = []
  gradients.reserveCapacity(completions.count * parameters.scalarCount)
  for completion in completions {
    let recorded = tape.record(parameters)
    let terms = column(completion, recorded, tape)
    values.append(terms.values.reduce(0) { $0 + Double($1) })
    tape.backward(from: terms.sum())
    for array in recorded.gradient().values {
      for value in array { gradients.append(Double(value)) }
    }
    tape.reset()
  }
  return (values, gradients)
}
