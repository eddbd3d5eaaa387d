import Datasets
import Evaluation
import Foundation
import LanguageModel
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct BestOfNTests {
  let language: EnumerableLanguage
  let evaluator: PolicyEvaluator
  let gold: GoldRewardFunction

  init() throws {
    language = try tinyLanguage()
    gold = GoldRewardFunction(task: language, temperature: 1)
    evaluator = try PolicyEvaluator(
      task: language, reference: tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1),
      prompts: language.prompts(count: 400, split: .test, seed: Seed(5)), seed: Seed(6),
      proxy: LengthReward())
  }

  @Test func goldRisesWithNAndStaysWithinFourStandardErrorsOfTheExactOne() throws {
    let arms = try evaluator.bestOfN([8, 1, 2], reward: gold)
    #expect(arms.map(\.n) == [1, 2, 8])
    let golds = arms.map(\.evaluation.goldReward)
    #expect(golds[0] < golds[1] && golds[1] < golds[2])
    for arm in arms.map(\.evaluation) {
      let exact = try #require(arm.exactGold)
      #expect(abs(arm.goldReward - exact) < 4 * arm.goldStandardError)
      #expect(exact <= (try #require(arm.frontierGold)) + 1e-6)
    }
  }

  @Test func divergenceIsTheBoundAndTheExactOneLiesBelowIt() throws {
    for arm in try evaluator.bestOfN([1, 4, 16], reward: gold) {
      let n = Double(arm.n)
      #expect(abs(arm.evaluation.kl - (log(n) - (n - 1) / n)) < 1e-15)
      #expect(arm.evaluation.klStandardError == 0 && arm.evaluation.klK3 == nil)
      let exact = try #require(arm.evaluation.exactKL)
      #expect(exact <= arm.evaluation.kl + 1e-6)
      if arm.n > 1 { #expect(exact > 0) }
    }
  }

  @Test func theRewardGivenDecidesAndNotTheGold() throws {
    let long = try evaluator.bestOfN(n: 16, reward: LengthReward())
    let good = try evaluator.bestOfN(n: 16, reward: gold)
    #expect(long.length > good.length)
    #expect(long.goldReward < good.goldReward)
    #expect(long.proxyReward == long.length)
  }

  @Test func fewerPromptsMayBeUsed() throws {
    let arm = try evaluator.bestOfN([2], reward: gold, promptLimit: 50)[0]
    #expect(arm.evaluation.prompts == 50)
    // Two candidates of every prompt were sampled.
    #expect(arm.evaluation.cost.tokensForward >= 2 * 50 * 3)
    #expect(arm.evaluation.cost.tokensForward <= 2 * 50 * 5)
  }

  @Test func everyModelOfTheRewardReadsEveryCandidate() throws {
    func tokens(_ members: Int) throws -> Int {
      let models = [ModelConfiguration](
        repeating: evaluator.reference.configuration, count: members)
      return try evaluator.bestOfN([2], reward: gold, rewardModels: models)[0]
        .evaluation.cost.tokensForward
    }
    let sampling = try tokens(0)
    #expect(try tokens(1) == 2 * sampling && tokens(3) == 4 * sampling)
  }

  // An answer of the best of four is four completions, each of them read by the reward's models.
  @Test func answerCostsEveryCandidateAndItsReward() throws {
    let models = [evaluator.reference.configuration]
    let found = try evaluator.bestOfN([1, 4], reward: gold, rewardModels: models).map(\.evaluation)
    for evaluation in found {
      #expect(abs(evaluation.answerFLOPs * 400 - evaluation.cost.flops) < 1e-3)
    }
    #expect(found[1].answerFLOPs > 3.5 * found[0].answerFLOPs)
  }

  // The candidate of the best of one and its opponent are independent draws of one policy.
  @Test func bestOfOneWinsHalfInTheMean() throws {
    let found = try evaluator.bestOfN(n: 1, reward: gold)
    #expect(found.winRateInterval.contains(0.5) && found.winRate != 0.5)
  }

  @Test func oneNAloneIsTheSameAsAmongOthers() throws {
    let alone = try evaluator.bestOfN(n: 4, reward: gold)
    #expect(try evaluator.bestOfN([2, 4], reward: gold)[1].evaluation == alone)
  }
}
