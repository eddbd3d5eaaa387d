import Autograd
package import LanguageModel
import RealModule
package import TensorKernels
import Tokenization

/// All completions of a language as a tree, so that one pass over its branches scores every leaf.
///
/// Every token of every completion is an edge from the prefix before it. A model that reads the
/// longest prefixes has a hidden state for all others too, hence V words and n tokens cost Vⁿ⁻¹
/// sequences instead of more than Vⁿ.
package struct CompletionTree: Sendable {
  /// A token after a prefix.
  struct Edge: Hashable {
    /// The tokens before it.
    var prefix: ArraySlice<Int>
    /// The token itself.
    var token: Int
  }

  /// Where a prefix ends: in which branch, and after how many of its tokens.
  struct Place: Equatable {
    var branch: Int
    var depth: Int
  }

  /// The completions, in the order of every table made from the tree.
  package let completions: [[Int]]
  /// The prefixes that a model has to read; every other prefix begins one of them.
  let branches: [ArraySlice<Int>]
  /// The place from which each edge starts.
  let starts: [Place]
  /// The token of each edge.
  let tokens: [Int]
  /// The edges of each completion, from the first token to the last.
  let paths: [[Int]]

  /// The tree of completions; none may be empty.
  package init(_ completions: [[Int]]) {
    precondition(completions.allSatisfy { !$0.isEmpty }, "an empty completion has no probability")
    self.completions = completions
    var edges: [Edge] = []
    var numbers: [Edge: Int] = [:]
    paths = completions.map { completion in
      completion.indices.map { i in
        let edge = Edge(prefix: completion[..<i], token: completion[i])
        if let number = numbers[edge] { return number }
        numbers[edge] = edges.count
        edges.append(edge)
        return edges.count - 1
      }
    }
    let layout = branchLayout(of: edges.map(\.prefix))
    branches = layout.branches
    starts = edges.map { layout.places[$0.prefix, default: Place(branch: 0, depth: 0)] }
    tokens = edges.map(\.token)
  }
}

/// Branches that hold all prefixes, and where each prefix ends in them.
private func branchLayout(
  of prefixes: [ArraySlice<Int>]
) -> (branches: [ArraySlice<Int>], places: [ArraySlice<Int>: CompletionTree.Place]) {
  var branches: [ArraySlice<Int>] = []
  var places: [ArraySlice<Int>: CompletionTree.Place] = [:]
  // The longest come first, so that a prefix without a place is none of a branch before it.
  let longestFirst = prefixes.enumerated().sorted {
    ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
  }
  for (_, prefix) in longestFirst where places[prefix] == nil {
    for depth in 0...prefix.count where places[prefix.prefix(depth)] == nil {
      places[prefix.prefix(depth)] = CompletionTree.Place(branch: branches.count, depth: depth)
    }
    branches.append(prefix)
  }
  return (branches, places)
}

/// A model's log-probability of every completion of every prompt, by enumeration.
package struct ExactPolicy: Sendable {
  /// The log-probabilities, `[prompt][completion]`.
  package let logProbabilities: [[Double]]

  /// A policy given by its log-probabilities, `[prompt][completion]`.
  package init(logProbabilities: [[Double]]) {
    self.logProbabilities = logProbabilities
  }

  /// Scores all completions after each prompt with the model, one batch a prompt.
  ///
  /// The completions are those of the whole language, such as `EnumerableLanguage.completions()`:
  /// each ends with the end token unless it was cut off at the length limit, so that their
  /// probabilities sum to one. Equal prompts cost a pass each.
  package init<Scalar: TensorScalar>(
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
  package var totals: [Double] {
    logProbabilities.map { Double.exp(logSumOfExponentials($0)) }
  }

  /// The divergence KL(π‖π_ref) of each prompt, from this policy to a reference of equal prompts.
  package func divergences(from reference: ExactPolicy) -> [Double] {
    zip(logProbabilities, reference.logProbabilities).map { klDivergence(of: $0, from: $1) }
  }

  /// The expected value E_π[f] of each prompt, with the values as `[prompt][completion]`.
  package func expectations(of values: [[Double]]) -> [Double] {
    zip(values, logProbabilities).map { expectation(of: $0, under: $1) }
  }
}

extension CompletionTree {
  /// The log-probability of each edge of the tree, given its prefix, after a prompt: a column.
  func edgeLogProbabilities<Scalar: TensorScalar>(
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
