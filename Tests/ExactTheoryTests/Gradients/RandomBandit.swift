import Datasets
import ExactTheory
import Foundation

/// A prompt with a few completions, drawn by number, and a tabular policy off its optimum.
struct RandomBandit {
  let objective: ExactObjective
  let logPolicy: [Double]

  init(_ draw: Int, actions: Int = 4, beta: Double? = nil, offset: Double = 0) {
    var generator = Seed(77).generator(for: "test.bandit", index: draw)
    let beta = beta ?? [0.05, 0.3, 1, 5][draw % 4]
    objective = ExactObjective(
      logReference: normalized((0..<actions).map { _ in generator.normal() }),
      rewards: (0..<actions).map { _ in offset + 2 * generator.normal() }, beta: beta)
    logPolicy = normalized((0..<actions).map { _ in generator.normal() })
  }

  var policy: ScoredPolicy { ScoredPolicy(tabular: logPolicy) }

  /// The return R(y) of each completion, from its definition.
  var returns: [Double] {
    logPolicy.indices.map {
      objective.rewards[$0] - objective.beta * (logPolicy[$0] - objective.logReference[$0])
    }
  }

  /// The score of a completion under a softmax over logits.
  func score(_ y: Int) -> [Double] {
    logPolicy.indices.map { ($0 == y ? 1 : 0) - exp(logPolicy[$0]) }
  }
}

/// The mean and covariance trace of a random vector with finitely many values.
struct EnumeratedMoments {
  private(set) var mean: [Double]
  private var secondMoment = 0.0
  private var mass = 0.0

  init(width: Int) { mean = [Double](repeating: 0, count: width) }

  mutating func add(_ vector: [Double], probability: Double) {
    for i in vector.indices { mean[i] += probability * vector[i] }
    secondMoment += probability * vector.reduce(0) { $0 + $1 * $1 }
    mass += probability
  }

  var squaredNorm: Double { mean.reduce(0) { $0 + $1 * $1 } }
  var covarianceTrace: Double { secondMoment - squaredNorm }
}

/// Whether two numbers agree to so many parts of the larger one, or of the scale if that is larger.
func agree(_ a: Double, _ b: Double, _ tolerance: Double, scale: Double = 0) -> Bool {
  abs(a - b) <= tolerance * max(abs(a), abs(b), scale)
}

func agree(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  let scale = b.reduce(0) { max($0, abs($1)) }
  return a.count == b.count
    && zip(a, b).allSatisfy { agree($0, $1, tolerance, scale: scale) }
}
