import Datasets
import Foundation
import Tasks
import Testing
import Tokenization

@Suite struct GoldRewardTests {
  @Test func theTotalIsTheSumOfTheTerms() {
    let gold = GoldReward([GoldTerm(name: "a", value: 1.5), GoldTerm(name: "b", value: -0.25)])
    #expect(gold.total == 1.25)
    #expect(gold["b"] == -0.25)
    #expect(gold["c"] == nil)
  }

  @Test func aGoldIsReadAsItWasWritten() throws {
    let gold = GoldReward([GoldTerm(name: "a", value: 0.1), GoldTerm(name: "b", value: 0.2)])
    let data = try JSONEncoder().encode(gold)
    #expect(try JSONDecoder().decode(GoldReward.self, from: data) == gold)
  }

  /// A task of two tokens, to see that the reward function asks its task and divides.
  private struct Lengths: PreferenceTask {
    let name = "lengths"
    let tokenizer: any Tokenizer = ClosedVocabulary(words: ["a"])
    let maximumCompletionLength = 3
    let goldTermNames = ["length"]
    let supportedSplits: [Split] = [.train]
    let allCompletions: [[Int]]? = [[0], [1, 0], [1, 1, 0], [1, 1, 1]]
    func demonstrations(count: Int, seed: Seed) -> [TokenSequence] { [] }
    func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] { [] }
    func gold(_ sequence: TokenSequence) -> GoldReward {
      GoldReward([GoldTerm(name: "length", value: Double(sequence.completion.count))])
    }
    func group(of prompt: [Int]) -> String { "all" }
  }

  @Test func rewardsAreGoldsOverTheTemperature() {
    let sequences = [[], [1], [1, 1, 0]].map { TokenSequence(prompt: [0], completion: $0) }
    let reward = GoldRewardFunction(task: Lengths(), temperature: 2)
    #expect(reward.rewards(of: sequences) == [0, 0.5, 1.5])
  }
}
