import Evaluation
import Tasks
import Testing
import Training

@Suite struct EvaluationKeysTests {
  // What runs have always logged under the gold stays; another judge's numbers have names of their own.
  @Test(arguments: [
    (Judge.gold, "eval/gold_reward", "eval/win_rate"),
    (.referee, "eval/referee_reward", "eval/referee_win_rate"),
    (.score, "eval/score", "eval/score_win_rate"),
  ])
  func everyJudgeHasItsNames(judge: Judge, reward: String, winRate: String) {
    #expect(judge.reward.rawValue == reward && judge.rewardError.rawValue == "\(reward)_se")
    #expect(judge.winRate.rawValue == winRate)
    #expect(judge.winRateLower.rawValue == "\(winRate)_lower")
    #expect(judge.winRateUpper.rawValue == "\(winRate)_upper")
  }

  @Test func noTwoJudgesShareANameOrATitle() {
    let keys = Judge.allCases.flatMap { [$0.reward, $0.winRate, $0.winRateLower, $0.winRateUpper] }
    #expect(Set(keys).count == 4 * Judge.allCases.count)
    #expect(Set(Judge.allCases.map(\.title)).count == Judge.allCases.count)
    #expect(Judge.referee.caption.contains("it is not the truth"))
  }

  @Test func evaluationLogsUnderItsKeys() {
    var evaluation = PolicyEvaluation()
    (evaluation.goldReward, evaluation.kl, evaluation.winRate) = (1, 2, 0.75)
    (evaluation.length, evaluation.eosRate, evaluation.entropy) = (7, 0.5, 3)
    (evaluation.suboptimality, evaluation.objective, evaluation.exactKL) = (4, 5, 6)
    let logged = evaluation.logged
    #expect(logged[.goldReward] == 1 && logged[.kl] == 2 && logged[.winRate] == 0.75)
    #expect(logged[.length] == 7 && logged[.eosRate] == 0.5 && logged[.completionEntropy] == 3)
    #expect(logged[.suboptimality] == 4 && logged[.objective] == 5 && logged[.exactKL] == 6)
    #expect(logged[.proxyReward] == nil && logged[.klK3] == nil)
  }
}
