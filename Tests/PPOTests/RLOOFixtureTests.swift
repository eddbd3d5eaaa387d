import Autograd
import PPO
import TensorKernels
import TestSupport
import Testing

/// What TRL 1.16.0's own RLOO computed from rewards and log-probabilities, in float32.
struct RLOOFixture: Decodable {
  struct Advantages: Decodable {
    var kl: [Double]?
    var advantages: [Double]
  }

  struct Clipped: Decodable {
    var logRatios: [Double]
    var loss: Double
    enum CodingKeys: String, CodingKey {
      case logRatios = "log_ratio"
      case loss
    }
  }

  struct Numbers: Decodable {
    var rewards: [Double]
    var old, reference, mask: [[Double]]
    var generations: Int
    var unpenalised, penalised, normalised: Advantages
    var clipped: Clipped

    enum CodingKeys: String, CodingKey {
      case rewards
      case old = "old_per_token_logps"
      case reference = "ref_per_token_logps"
      case mask = "completion_mask"
      case generations = "num_generations"
      case unpenalised = "beta0"
      case penalised = "beta0.05"
      case normalised = "beta0.05_normalized"
      case clipped = "clipped_loss"
    }
  }

  var rloo: Numbers
}

@Suite struct RLOOFixtureTests {
  let numbers: RLOOFixture.Numbers

  init() throws { numbers = try fixture("trl-rloo.json", as: RLOOFixture.self).rloo }

  /// The library's targets; completions end within their width, so that the score has its own slot.
  func targets(beta: Double, scale: AdvantageScale) throws -> AdvantagesAndReturns<Double> {
    let counts = numbers.mask.map { Int($0.reduce(0, +)) }
    let layout = CompletionLayout(tokenCounts: counts, width: 3)
    var configuration = PPOConfiguration(algorithm: .rloo)
    configuration.completionsPerPrompt = numbers.generations
    configuration.advantageScale = scale
    let rewards = PenalizedRewards(
      layout: layout, logProbabilities: unpadded(numbers.old, counts),
      reference: unpadded(numbers.reference, counts), scores: numbers.rewards,
      hasEnded: counts.map { _ in true }, klPenalty: beta, configuration: configuration)
    let groups = rewards.returns.chunked(numbers.generations)
    let baselines = try groups.flatMap {
      try configuration.rolloutBaseline().values(of: ThreeActions().batch(returns: $0))
    }
    return AdvantagesAndReturns(
      rewards, baselines: baselines, layout: layout, configuration: configuration)
  }

  @Test func advantagesAreTheFixtures() throws {
    let plain = try targets(beta: 0, scale: .none).policyAdvantages.map { $0[0] }
    #expect(largestDifference(plain, numbers.unpenalised.advantages) < 1e-5)
    let penalised = try targets(beta: 0.05, scale: .none)
    #expect(
      largestDifference(penalised.policyAdvantages.map { $0[0] }, numbers.penalised.advantages)
        < 1e-5)
    let kl = try #require(numbers.penalised.kl)
    #expect(largestDifference(penalised.completionKLs, kl) < 1e-5)
  }

  @Test func normalisedAdvantagesAreTheFixtures() throws {
    let scaled = try targets(beta: 0.05, scale: .normalised).policyAdvantages.map { $0[0] }
    #expect(largestDifference(scaled, numbers.normalised.advantages) < 1e-5)
  }

  @Test func equalRewardsLeaveNoAdvantage() throws {
    let advantages = try targets(beta: 0, scale: .none).policyAdvantages.map { $0[0] }
    #expect(Array(advantages.suffix(4)) == [0, 0, 0, 0])
  }

  @Test func clippedLossIsTheFixtures() {
    let advantages = numbers.unpenalised.advantages
    let (loss, reading) = policyLoss(
      numbers.clipped.logRatios, old: advantages.map { _ in 0 }, advantages: advantages)
    #expect(abs(loss - numbers.clipped.loss) < 1e-5)
    #expect(abs(reading.mean - numbers.clipped.loss) < 1e-5)
  }
}
