import Autograd
public import LanguageModel
import RealModule
public import TensorKernels
import Tokenization

extension ScoredPolicy {
  /// A language model after one prompt: one forward and one backward pass a completion.
  ///
  /// All passes share one tape, so that its memory is that of the longest completion; the scores
  /// take n·P·8 bytes for n completions and P parameters, at most 2 GiB. Log-probabilities are
  /// normalised: in Float their sum is one only up to about 10⁻⁶.
  ///
  /// - Precondition: the completions are all there are, so that their probabilities sum to one.
  public init<Scalar: BLASScalar>(
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
public struct ScoredReward: Sendable {
  /// The reward r_φ of each completion.
  public let rewards: [Double]
  let rows: GradientRows

  /// A reward model given by its rewards and gradients, one row of parameters a completion.
  public init(rewards: [Double], gradients: [Double], parameterCount: Int) {
    GradientRows.requireRoom(count: rewards.count, width: parameterCount)
    self.rewards = rewards
    rows = GradientRows(gradients, count: rewards.count, width: parameterCount)
  }

  /// One free number for each completion: r_φ(y) = φᵧ, with unit vectors for gradients.
  public init(tabular rewards: [Double]) {
    let n = rewards.count
    GradientRows.requireRoom(count: n, width: n)
    var gradients = [Double](repeating: 0, count: n * n)
    for y in 0..<n { gradients[y * n + y] = 1 }
    self.init(rewards: rewards, gradients: gradients, parameterCount: n)
  }

  /// A reward model after one prompt, read at the last token: one backward pass a completion.
  public init<Scalar: BLASScalar>(
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
private func differentiated<Scalar: BLASScalar>(
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
