import Foundation

/// A policy over all completions of three tokens from a vocabulary of three, with exact sums.
struct TabularPolicy {
  static let tokens = 0..<3
  private let logits: [[Int]: [Double]]

  /// Logits of every prefix from a formula, so that no two prefixes are alike.
  ///
  /// Shifted policies differ from the plain one by as much as the shift says.
  init(phase: Double, scale: Double, shiftedBy shift: Double = 0) {
    var logits: [[Int]: [Double]] = [:]
    for prefix in Self.prefixes {
      let code = Double(prefix.reduce(1) { 3 * $0 + $1 })
      logits[prefix] = Self.tokens.map {
        scale * sin(phase + 1.7 * code + 2.3 * Double($0)) + shift * cos(code + 0.9 * Double($0))
      }
    }
    self.logits = logits
  }

  /// All 27 completions.
  static let completions = tokens.flatMap { a in
    tokens.flatMap { b in tokens.map { [a, b, $0] } }
  }

  private static let prefixes =
    [[]] + tokens.map { [$0] } + tokens.flatMap { a in tokens.map { [a, $0] } }

  /// log π of each token of a completion.
  func logProbabilities(_ completion: [Int]) -> [Double] {
    completion.indices.map { t in
      let row = logits[Array(completion.prefix(t))] ?? []
      return row[completion[t]] - log(row.map { exp($0) }.reduce(0, +))
    }
  }

  /// The expectation of a quantity of completions.
  func expectation(_ quantity: ([Int]) -> Double) -> Double {
    Self.completions.map { exp(logProbabilities($0).reduce(0, +)) * quantity($0) }.reduce(0, +)
  }
}
