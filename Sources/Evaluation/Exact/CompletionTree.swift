/// All completions of a language as a tree, so that one pass over its branches scores every leaf.
///
/// Every token of every completion is an edge from the prefix before it. A model that reads the
/// longest prefixes has a hidden state for all others too, hence V words and n tokens cost Vⁿ⁻¹
/// sequences instead of more than Vⁿ.
public struct CompletionTree: Sendable {
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
  public let completions: [[Int]]
  /// The prefixes that a model has to read; every other prefix begins one of them.
  let branches: [ArraySlice<Int>]
  /// The place from which each edge starts.
  let starts: [Place]
  /// The token of each edge.
  let tokens: [Int]
  /// The edges of each completion, from the first token to the last.
  let paths: [[Int]]

  /// The tree of completions; none may be empty.
  public init(_ completions: [[Int]]) {
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
