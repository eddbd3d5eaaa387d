import Datasets
import Foundation
import LanguageModel
import PPO
import Testing

@Suite struct PPOMetricsTests {
  let task = ToyTask()

  /// TRL's documentation of its PPO trainer, "Explanation of the logged metrics", without `eps`.
  static let namesOfTRL = [
    "objective/kl", "objective/entropy", "objective/non_score_reward", "objective/rlhf_reward",
    "objective/scores", "policy/approxkl_avg", "policy/clipfrac_avg", "policy/entropy_avg",
    "loss/policy_avg", "loss/value_avg", "val/clipfrac_avg", "val/ratio", "val/ratio_var",
    "val/num_eos_tokens", "lr", "episode",
  ]

  @Test func everyNameOfTRLIsLogged() throws {
    let logged = try #require(try task.train().rows.first).logged
    #expect(Self.namesOfTRL.allSatisfy { logged[$0] != nil })
  }

  @Test func everyLoggedNumberIsFiniteOnceValuesVary() throws {
    for row in try task.train().rows {
      #expect(row.logged.filter { !$0.value.isFinite }.isEmpty)
    }
  }

  @Test func metricsSurviveWritingAndReading() throws {
    let row = try #require(try task.train().rows.last)
    let copy = try JSONDecoder().decode(PPOMetrics.self, from: JSONEncoder().encode(row))
    #expect(copy.logged == row.logged)
    #expect(copy.cost == row.cost)
  }

  @Test func objectiveIsScorePlusPenalty() throws {
    let run = try task.train(
      ToyTask.configuration {
        $0.klPenalty = 0.3
        $0.iterations = 4
      })
    for objective in run.rows.map(\.objective) {
      #expect(abs(objective.nonScoreReward + 0.3 * objective.kl) < 1e-9)
      #expect(
        abs(objective.rlhfReward - objective.scores - objective.nonScoreReward) < 1e-9)
      #expect(objective.kl == objective.klK1)
      #expect(abs(objective.endRate - Double(objective.endCount) / 24) < 1e-15)
      #expect((1...4).contains(objective.length))
    }
  }

  @Test func missingEndPenaltyLowersTheMeanScore() throws {
    let plain = try #require(try task.train().rows.first).objective
    let penalised = try #require(
      try task.train(ToyTask.configuration { $0.missingEndPenalty = 2 }).rows.first
    ).objective
    #expect(plain.endRate < 1)
    #expect(abs(plain.scores - penalised.scores - 2 * (1 - plain.endRate)) < 1e-6)
  }

  @Test func learningRatesFollowTheirSchedule() throws {
    let run = try task.train(ToyTask.configuration { $0.learningRate = 0.03 })
    // Linear over three iterations; step 0 shows the rate of the first.
    #expect(largestDifference(run.rows.map(\.learningRate), [0.03, 0.03, 0.02, 0.01]) < 1e-12)
    #expect(run.rows.map(\.episode) == [24, 24, 48, 72])
  }

  @Test func adaptiveCoefficientFallsWhileTheKLIsBelowItsTarget() throws {
    let run = try task.train(
      ToyTask.configuration {
        $0.klControl = .adaptive
        $0.klHorizon = 240
        $0.klPenalty = 0.1
        $0.learningRate = 1e-5
      })
    // A KL near zero: e = −0.2 every time, β·(1 − 0.2·24/240)ᵏ.
    let measured = run.rows.map(\.objective.klCoefficient)
    #expect(largestDifference(measured, [0.1, 0.1, 0.1 * 0.98, 0.1 * 0.98 * 0.98]) < 1e-12)
  }

  @Test(arguments: [0, 1, 3]) func costCountsEveryModelThatReadsTheRollouts(members: Int) throws {
    var rows: [PPOMetrics] = []
    let configuration = ToyTask.configuration {
      $0.iterations = 1
      $0.epochs = 3
    }
    var (policy, value) = (task.reference, ScalarModel(backbone: task.reference))
    _ = try trainPPO(
      &policy, value: &value, reference: task.reference, reward: ToyReward(),
      rewardModels: [ModelConfiguration](repeating: task.reference.configuration, count: members),
      prompts: [[1]], endToken: ToyTask.endToken, configuration: configuration, seed: Seed(9)
    ) { rows.append($2) }
    let tokens = Int((rows[1].objective.length * 24).rounded()) + 24
    let cost = rows[1].cost
    #expect(cost.labels == 0)
    #expect(cost.rollouts == 24)
    // Sampling, reference, value, the reward's members; then both models in three epochs.
    let reading = 3 + members
    #expect(cost.tokensForward == tokens * (reading + 2 * 3))
    #expect(cost.tokensBackward == tokens * 2 * 3)
    let flops = task.reference.configuration.forwardFLOPs(tokens: tokens * (reading + 3 * 6))
    #expect(cost.flops > flops)
  }

  @Test func rewardWhiteningChangesReturnsAndNotScores() throws {
    let whitened = try task.train(ToyTask.configuration { $0.whitensRewards = true })
    let plain = try task.train()
    // The same rollouts, the same scores, other returns.
    #expect(whitened.rows[0].objective.scores == plain.rows[0].objective.scores)
    #expect(whitened.rows[0].values.returnDeviation != plain.rows[0].values.returnDeviation)
  }
}
