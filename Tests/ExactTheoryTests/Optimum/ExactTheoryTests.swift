import Datasets
import ExactTheory
import Foundation
import Testing

private func normals(_ count: Int, _ index: Int) -> [Double] {
  var generator = Seed(33).generator(for: "test.exact", index: index)
  return (0..<count).map { _ in generator.normal() }
}

/// All orders of some numbers.
private func permutations(_ items: [Int]) -> [[Int]] {
  guard !items.isEmpty else { return [[]] }
  return items.flatMap { first in
    permutations(items.filter { $0 != first }).map { [first] + $0 }
  }
}

@Suite struct DistributionTheoryOfCompletionsTests {
  @Test(arguments: 0..<5) func quantitiesAreTheirDefinitions(draw: Int) {
    let (p, q) = (normalized(normals(7, draw)), normalized(normals(7, 10 + draw)))
    #expect(abs(p.reduce(0) { $0 + exp($1) } - 1) < 1e-14)
    var (divergence, uncertainty) = (0.0, 0.0)
    for (a, b) in zip(p, q) {
      divergence += exp(a) * (a - b)
      uncertainty -= exp(a) * a
    }
    #expect(abs(klDivergence(of: p, from: q) - divergence) < 1e-14 && divergence > 0)
    #expect(abs(entropy(of: p) - uncertainty) < 1e-14)
    // Entropy is what is missing to the uniform distribution's.
    let uniform = [Double](repeating: -log(7), count: 7)
    #expect(abs(log(7) - entropy(of: p) - klDivergence(of: p, from: uniform)) < 1e-14)
  }

  @Test func hugeAndTinyLogarithmsAreSummed() {
    #expect(logSumOfExponentials([-1e308, 0]) == 0)
    #expect(abs(logSumOfExponentials([-1e4, -1e4 - log(3)]) - (-1e4 + log(4.0 / 3))) < 1e-11)
    #expect(logSumOfExponentials([-.infinity, -.infinity]) == -.infinity)
    #expect(logSumOfExponentials([.infinity, 0]).isNaN || logSumOfExponentials([5]) == 5)
    #expect(normalized([700, 700]).allSatisfy { abs($0 + log(2)) < 1e-12 })
  }

  @Test(arguments: 0..<5) func winRateIsTheSumOverAllPairs(draw: Int) {
    let (p, q) = (normalized(normals(8, 20 + draw)), normalized(normals(8, 30 + draw)))
    let rewards = normals(8, 40 + draw).map { $0.rounded() }
    var expected = 0.0
    for i in 0..<8 {
      for j in 0..<8 {
        let outcome: Double = rewards[i] > rewards[j] ? 1 : rewards[i] == rewards[j] ? 0.5 : 0
        expected += exp(p[i] + q[j]) * outcome
      }
    }
    let found = exactWinRate(of: p, over: q, rewards: rewards)
    #expect(abs(found - expected) < 1e-14)
    #expect(abs(found + exactWinRate(of: q, over: p, rewards: rewards) - 1) < 1e-14)
  }

  // The chance that the best of n reaches at most a reward is the n-th power of that of one.
  @Test(arguments: [1, 2, 5, 64, 4096]) func bestOfNHasThePowerOfTheDistribution(n: Int) {
    let reference = normalized(normals(9, 50))
    let rewards = normals(9, 51).map { ($0 * 2).rounded() }
    let best = bestOfNLogProbabilities(n, logReference: reference, rewards: rewards)
    for limit in Set(rewards) {
      func below(_ logs: [Double]) -> Double {
        zip(logs, rewards).filter { $0.1 <= limit }.reduce(0) { $0 + exp($1.0) }
      }
      #expect(abs(below(best) - pow(below(reference), Double(n))) < 1e-12)
    }
    // Completions of one reward keep their shares among themselves.
    for a in 0..<9 {
      for b in 0..<9 where rewards[a] == rewards[b] {
        #expect(abs(best[a] - best[b] - (reference[a] - reference[b])) < 1e-9)
      }
    }
  }

  // Without ties and with ever more, ever rarer completions the bound log n − (n − 1)/n is reached.
  @Test(arguments: [2, 4, 16]) func boundOfBestOfNIsReachedInTheLimit(n: Int) {
    let count = 20_000
    let uniform = [Double](repeating: -log(Double(count)), count: count)
    let best = bestOfNLogProbabilities(
      n, logReference: uniform, rewards: (0..<count).map(Double.init))
    let divergence = klDivergence(of: best, from: uniform)
    #expect(divergence < bestOfNDivergenceBound(n))
    #expect(bestOfNDivergenceBound(n) - divergence < 1e-3)
  }

  @Test func bestOfOneIsTheReferenceAndItsBoundZero() {
    #expect(bestOfNDivergenceBound(1) == 0)
    let reference = [log(0.25), -Double.infinity, log(0.75)]
    let best = bestOfNLogProbabilities(3, logReference: reference, rewards: [0, 9, 1])
    // What the reference never says is no best of anything.
    #expect(best[1] == -.infinity)
    #expect(abs(exp(best[0]) - 1.0 / 64) < 1e-15 && abs(exp(best[2]) - 63.0 / 64) < 1e-15)
  }
}

@Suite struct RankingTheoryTests {
  @Test(arguments: 1...5) func rankingsOfAllOrdersSumToOne(count: Int) {
    let rewards = normals(count, 60 + count)
    let total = permutations(Array(0..<count)).reduce(0.0) { sum, order in
      sum + exp(rankingLogProbability(ofRanked: order.map { rewards[$0] }))
    }
    #expect(abs(total - 1) < 1e-13)
  }

  // Two are Bradley and Terry's pair; a constant cancels.
  @Test(arguments: [-800.0, -2, 0, 0.5, 800]) func pairIsTheSigmoidOfTheDifference(gap: Double) {
    let found = rankingLogProbability(ofRanked: [gap + 3, 3])
    let expected = gap > 0 ? -log1p(exp(-gap)) : gap - log1p(exp(gap))
    #expect(abs(found - expected) < 1e-12 * max(1, abs(gap)))
  }

  // Plackett and Luce's choices are those of noisy rewards sorted: the first place of three.
  @Test func firstPlaceHasTheShareOfASoftmax() {
    let rewards = normals(4, 70)
    for winner in 0..<4 {
      let share = permutations([0, 1, 2, 3]).filter { $0[0] == winner }.reduce(0.0) { sum, order in
        sum + exp(rankingLogProbability(ofRanked: order.map { rewards[$0] }))
      }
      let softmax = exp(rewards[winner]) / rewards.reduce(0) { $0 + exp($1) }
      #expect(abs(share - softmax) < 1e-13)
    }
  }
}

@Suite struct FrontierTheoryTests {
  private let references = [normalized(normals(6, 80)), normalized(normals(6, 81))]
  private let rewards = [normals(6, 82), normals(6, 83)]
  private var frontier: ExactFrontier {
    ExactFrontier(logReferences: references, rewards: rewards, frequencies: [0.3, 0.7])
  }

  // Two completions: at probability q of the better one the divergence is the binary relative
  // entropy, solved here by bisection.
  @Test(arguments: [0.01, 0.1, 0.5, 1]) func twoCompletionsAreABinaryProblem(divergence: Double) {
    let p = 0.2
    func relativeEntropy(_ q: Double) -> Double {
      q * log(q / p) + (1 - q) * log((1 - q) / (1 - p))
    }
    var (low, high) = (p, 1 - 1e-16)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if relativeEntropy(middle) < divergence { low = middle } else { high = middle }
    }
    let frontier = ExactFrontier(logReferences: [[log(p), log(1 - p)]], rewards: [[3, -1]])
    #expect(abs(frontier.reward(atDivergence: divergence) - (3 * low - (1 - low))) < 1e-9)
  }

  // Along the frontier the reward rises by β for each nat: the multiplier of the constraint.
  @Test(arguments: [0.1, 0.5, 1, 4, 20]) func slopeOfTheFrontierIsBeta(inverseBeta: Double) {
    let step = 1e-3 * inverseBeta
    let (before, after) = (
      frontier.point(atInverseBeta: inverseBeta - step),
      frontier.point(atInverseBeta: inverseBeta + step)
    )
    let slope = (after.reward - before.reward) / (after.divergence - before.divergence)
    #expect(abs(slope * inverseBeta - 1) < 1e-4)
  }

  @Test func frontierRisesAndBendsDownwards() {
    let grid = (0...40).map { Double($0) * frontier.end.divergence / 40 }
    let values = grid.map { frontier.reward(atDivergence: $0) }
    let gains = zip(values.dropFirst(), values).map { $0.0 - $0.1 }
    #expect(gains.allSatisfy { $0 > 0 })
    #expect(zip(gains, gains.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func bisectionFindsThePointsOfTheClosedForm() {
    for inverseBeta in [0.3, 1, 5, 30] {
      let point = frontier.point(atInverseBeta: inverseBeta)
      #expect(abs(frontier.reward(atDivergence: point.divergence) - point.reward) < 1e-9)
    }
  }

  // Equally good completions share the mass as the reference does: log 1/(0.3 + 0.2).
  @Test func endKeepsAllOfTheBest() {
    let tied = ExactFrontier(
      logReferences: [[log(0.3), log(0.5), log(0.2)]], rewards: [[1, 0, 1]])
    #expect(abs(tied.end.divergence - log(2)) < 1e-14 && tied.end.reward == 1)
    let flat = ExactFrontier(logReferences: [[log(0.5), log(0.5)]], rewards: [[2, 2]])
    #expect(abs(flat.end.divergence) < 1e-15 && flat.reward(atDivergence: 0.1) == 2)
  }

  @Test func promptsWeighAlikeUnlessToldOtherwise() {
    let plain = ExactFrontier(logReferences: references, rewards: rewards)
    let even = ExactFrontier(logReferences: references, rewards: rewards, frequencies: [0.5, 0.5])
    #expect(plain.end == even.end && plain.end != frontier.end)
  }
}

@Suite struct EnumeratedObjectiveTests {
  private let objectives = (0..<3).map { index in
    ExactObjective(
      logReference: normalized(normals(4, 90 + index)), rewards: normals(4, 95 + index), beta: 0.5)
  }
  private var goal: EnumeratedObjectives {
    EnumeratedObjectives(
      prompts: [[1], [2], [3]], frequencies: [0.2, 0.3, 0.5], objectives: objectives,
      completions: CompletionTree([[0], [1, 0], [1, 1], [2]]))
  }

  @Test func referenceIsZeroAndTheOptimumOne() {
    let reference = ExactPolicy(logProbabilities: objectives.map(\.logReference))
    let optimum = ExactPolicy(logProbabilities: objectives.map(\.optimalLogProbabilities))
    #expect(abs(goal.normalizedValue(of: reference)) < 1e-14)
    #expect(abs(goal.normalizedValue(of: optimum) - 1) < 1e-13)
    #expect(abs(goal.suboptimality(of: optimum)) < 1e-14)
  }

  // KL(π_ref‖π*) of each prompt by its sum, weighed 2 : 3 : 5.
  @Test func promptsAreWeighedByTheirFrequencies() {
    let reference = ExactPolicy(logProbabilities: objectives.map(\.logReference))
    let each = objectives.map { objective in
      let tilted = zip(objective.logReference, objective.rewards).map { $0 + $1 / 0.5 }
      let partition = tilted.reduce(0) { $0 + exp($1) }
      return zip(objective.logReference, tilted).reduce(0.0) { sum, pair -> Double in
        let logOptimal: Double = pair.1 - log(partition)
        return sum + exp(pair.0) * (pair.0 - logOptimal)
      }
    }
    let expected = 0.2 * each[0] + 0.3 * each[1] + 0.5 * each[2]
    #expect(abs(goal.suboptimality(of: reference) - expected) < 1e-13)
  }

  // J(π) = J* − β·E KL(π‖π*), so the normalised value is one less a ratio of divergences.
  @Test(arguments: 0..<6) func normalizedValueIsAShareOfTheDistance(draw: Int) {
    let policy = ExactPolicy(
      logProbabilities: (0..<3).map { normalized(normals(4, 100 + 3 * draw + $0)) })
    let reference = ExactPolicy(logProbabilities: objectives.map(\.logReference))
    let expected = 1 - goal.suboptimality(of: policy) / goal.suboptimality(of: reference)
    #expect(abs(goal.normalizedValue(of: policy) - expected) < 1e-11)
  }
}
