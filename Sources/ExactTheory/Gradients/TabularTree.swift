import RealModule

/// A policy over the completions of a tree with free logits for the tokens after each prefix.
///
///     q(y) = Π q(yₜ | y₍<ₜ₎)        q(a | s) = exp θ(s, a) / Σ exp θ(s, ·)
///
/// The parameters are the logits of all edges, in the order in which the completions first use
/// them. No completion may begin another one.
package struct TabularTree: Sendable {
  /// A token after a prefix.
  struct Edge: Sendable {
    var prefix: Int
    var token: Int
    /// The prefix that the token leads to; nil where it completes.
    var next: Int?
  }

  /// The completions, in the order of every table made from the tree.
  package let completions: [[Int]]
  /// The prefixes at which a token is chosen; the first is the empty one.
  package let prefixes: [[Int]]
  /// The logit of each edge.
  package var logits: [Double]
  let edges: [Edge]
  /// The edges after each prefix.
  let choices: [[Int]]
  /// The edges of each completion, from the first token to the last.
  let paths: [[Int]]

  /// The tree of completions in which every choice is uniform.
  package init(_ completions: [[Int]]) {
    self.completions = completions
    var growth = TreeGrowth()
    let paths = completions.map { growth.path(of: $0) }
    let complete = Set(paths.compactMap(\.last))
    precondition(
      complete.count == paths.count && complete.allSatisfy { growth.edges[$0].next == nil },
      "a completion is empty, appears twice or begins another one")
    (self.paths, prefixes, edges, choices) = (
      paths, growth.prefixes, growth.edges, growth.choices
    )
    logits = [Double](repeating: 0, count: growth.edges.count)
  }

  /// The tree policy that has the given distribution over completions.
  ///
  ///     θ(s, a) = log q(a | s) = log Σ q(y beginning with s, a) − log Σ q(y beginning with s)
  package init(_ completions: [[Int]], logProbabilities: [Double]) {
    self.init(completions)
    precondition(
      logProbabilities.count == completions.count,
      "\(logProbabilities.count) log-probabilities, \(completions.count) completions")
    var logMasses = [Double](repeating: -.infinity, count: edges.count)
    for (path, logProbability) in zip(paths, logProbabilities) {
      if let last = path.last { logMasses[last] = logProbability }
    }
    var arrivals = [Int?](repeating: nil, count: prefixes.count)
    for (edge, next) in edges.map(\.next).enumerated() {
      if let next { arrivals[next] = edge }
    }
    // A prefix comes before its continuations, so that the reverse order meets those first.
    for prefix in prefixes.indices.reversed() {
      let total = logSumOfExponentials(choices[prefix].map { logMasses[$0] })
      if let edge = arrivals[prefix] { logMasses[edge] = total }
      for edge in choices[prefix] { logMasses[edge] -= total }
    }
    logits = logMasses
  }

  /// The number of parameters: one for each edge.
  package var parameterCount: Int { edges.count }

  /// log q(a | s) of each edge.
  package var edgeLogProbabilities: [Double] {
    var result = logits
    for edges in choices {
      let total = logSumOfExponentials(edges.map { logits[$0] })
      for edge in edges { result[edge] -= total }
    }
    return result
  }

  /// log q(y) of each completion.
  package var logProbabilities: [Double] {
    let edges = edgeLogProbabilities
    return paths.map { path in path.reduce(0) { $0 + edges[$1] } }
  }
}

/// A tree while completions are laid into it.
private struct TreeGrowth {
  var prefixes: [[Int]] = [[]]
  var edges: [TabularTree.Edge] = []
  var choices: [[Int]] = [[]]
  private var known: [[Int]: Int] = [:]

  mutating func path(of completion: [Int]) -> [Int] {
    var prefix = 0
    return completion.indices.map { i in
      let edge = edge(after: prefix, reading: Array(completion[...i]))
      guard i + 1 < completion.count else { return edge }
      prefix = continuation(of: edge, reading: Array(completion[...i]))
      return edge
    }
  }

  private mutating func edge(after prefix: Int, reading tokens: [Int]) -> Int {
    if let edge = known[tokens] { return edge }
    edges.append(.init(prefix: prefix, token: tokens[tokens.count - 1], next: nil))
    known[tokens] = edges.count - 1
    choices[prefix].append(edges.count - 1)
    return edges.count - 1
  }

  private mutating func continuation(of edge: Int, reading tokens: [Int]) -> Int {
    if let next = edges[edge].next { return next }
    prefixes.append(tokens)
    choices.append([])
    edges[edge].next = prefixes.count - 1
    return prefixes.count - 1
  }
}

extension ScoredPolicy {
  /// A token tree: the score has eₐ − q(·|s) in the block of each prefix s on the way, else zero.
  package init(tree: TabularTree) {
    let width = tree.parameterCount
    GradientRows.requireRoom(count: tree.completions.count, width: width)
    let edgeScores = tree.edgeScores
    var scores = [Double](repeating: 0, count: tree.completions.count * width)
    for (y, path) in tree.paths.enumerated() {
      for edge in path {
        for (choice, value) in edgeScores[edge] { scores[y * width + choice] = value }
      }
    }
    self.init(logProbabilities: tree.logProbabilities, scores: scores, parameterCount: width)
  }
}

extension TabularTree {
  /// ∇ log q(a | s) of each edge: its parameters that are not zero.
  var edgeScores: [[(parameter: Int, value: Double)]] {
    let probabilities = edgeLogProbabilities.map { Double.exp($0) }
    return edges.indices.map { edge in
      let siblings = choices[edges[edge].prefix]
      let others = siblings.reduce(0) { $1 == edge ? $0 : $0 + probabilities[$1] }
      return siblings.map { ($0, $0 == edge ? others : -probabilities[$0]) }
    }
  }
}
