import ExactTheory
import Foundation
import Testing
import VarianceStudy

/// Places on the annealing path, against the path written in plain sums.
@Suite struct TrainingEndsTests {
  let reference = [0.5, 1.0 / 3, 1.0 / 6]
  let rewards = [0.0, 1, 3]

  /// KL(q_t‖π*) with q_t ∝ p·exp(t·r), at β = 1.
  func distance(t: Double) -> Double {
    func tilted(_ t: Double) -> [Double] {
      let weights = zip(reference, rewards).map { $0 * exp(t * $1) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    return zip(tilted(t), tilted(1)).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
  }

  func path(frequencies: [Double] = [1]) -> TaskPath {
    let objective = ExactObjective(
      logReference: reference.map { log($0) }, rewards: rewards, beta: 1)
    let goal = EnumeratedObjectives(
      prompts: frequencies.indices.map { [$0] }, frequencies: frequencies,
      objectives: frequencies.map { _ in objective },
      completions: CompletionTree([[0], [1], [2]]))
    return TaskPath(goals: [goal])
  }

  @Test(arguments: [1, 0.5, 0.25, 0.01]) func distanceIsThatOfTheTiltedReference(u: Double) {
    #expect(abs(path().suboptimality(atRemaining: u) - distance(t: 1 - u)) < 1e-14)
    let mixed = path(frequencies: [0.25, 0.75])
    #expect(abs(mixed.suboptimality(atRemaining: u) - distance(t: 1 - u)) < 1e-14)
  }

  @Test(arguments: [0.9, 0.5, 0.25, 0.01]) func placeIsFoundFromItsDistance(u: Double) throws {
    let found = try #require(path().remaining(atSuboptimality: distance(t: 1 - u)))
    #expect(abs(found - u) < 1e-9)
  }

  @Test func beyondTheReferenceThereIsNoPlace() {
    #expect(path().remaining(atSuboptimality: 1.01 * distance(t: 0)) == nil)
    #expect(path().remaining(atSuboptimality: 0) == nil)
    #expect(TaskPath(goals: []).remaining(atSuboptimality: 0.1) == nil)
  }
}
