import Autograd
public import LanguageModel
import RealModule
public import TensorKernels
import Tokenization

/// A model's log-probability of every completion of every prompt, by enumeration.
public struct ExactPolicy: Sendable {
  /// The log-probabilities, `[prompt][completion]`.
  public let logProbabilities: [[Double]]

  /// A policy given by its log-probabilities, `[prompt][completion]`.
  public init(logProbabilities: [[Double]]) {
    self.logProbabilities = logProbabilities
  }

  /// Scores all completions after each prompt with the model, one batch a prompt.
  ///
  /// The completions are those of the whole language, such as `EnumerableLanguage.completions()`:
  /// each ends with the end token unless it was cut off at the length limit, so that their
  /// probabilities sum to one. Equal prompts cost a pass each.
  public init<Scalar: BLASScalar>(
    of model: Transformer<Scalar>, prompts: [[Int]], completions: CompletionTree,
    temperature: Double = 1
  ) {
    let tape = Tape<Scalar>()
    logProbabilities = prompts.map { prompt in
      defer { tape.reset() }
      let edges = completions.edgeLogProbabilities(
        of: model, tape.record(model.parameters), after: prompt, temperature: Scalar(temperature),
        on: tape)
      return completions.logProbabilities(ofEdges: edges.values.map { Double($0) })
    }
  }

  /// The probability of all completions together, for each prompt; one up to rounding.
  public var totals: [Double] {
    logProbabilities.map { Double.exp(logSumOfExponentials($0)) }
  }

  /// The divergence KL(π‖π_ref) of each prompt, from this policy to a reference of equal prompts.
  public func divergences(from reference: ExactPolicy) -> [Double] {
    zip(logProbabilities, reference.logProbabilities).map { klDivergence(of: $0, from: $1) }
  }

  /// The expected value E_π[f] of each prompt, with the values as `[prompt][completion]`.
  public func expectations(of values: [[Double]]) -> [Double] {
    zip(values, logProbabilities).map { expectation(of: $0, under: $1) }
  }
}

extension CompletionTree {
  /// The log-probability of each edge of the tree, given its prefix, after a prompt: a column.
  func edgeLogProbabilities<Scalar: BLASScalar>(
    of model: Transformer<Scalar>, _ recorded: RecordedParameters<Scalar>, after prompt: [Int],
    temperature: Scalar = 1, on tape: Tape<Scalar>
  ) -> Tensor<Scalar> {
    let batch = SequenceBatch(branches.map { TokenSequence(prompt: prompt, completion: Array($0)) })
    let rows = starts.map { batch.row(ofToken: prompt.count - 1 + $0.depth, in: $0.branch) }
    return model.hiddenStates(batch, recorded, on: tape).rows(rows)
      .tokenLogProbabilities(
        head: recorded[model.configuration.headName], targets: tokens, temperature: temperature
      )
      .logProbabilities
  }

  /// The log-probability of each completion: the sum over its edges.
  func logProbabilities(ofEdges edges: [Double]) -> [Double] {
    paths.map { path in path.reduce(0) { $0 + edges[$1] } }
  }
}
