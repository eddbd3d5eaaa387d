import Datasets
import LanguageModel
import RewardModeling
import Tasks
import Testing
import Tokenization
import Workbench

@Suite struct UserPromptsTests {
  private let pairs = ["a", "b", "a"].map { prompt in
    PreferencePair(
      prompt: [257] + Array(prompt.utf8).map(Int.init), chosen: [99, 258], rejected: [100, 258])
  }

  @Test func promptsComeAsOftenAsInTheDataAndInItsOrder() {
    let task = UserPrompts(
      pairs: pairs, tokenizer: BytePairEncoding(), maximumCompletionLength: 4, reward: nil)
    #expect(task.prompts(count: 9, split: .test, seed: Seed(1)) == pairs.map(\.prompt))
    #expect(task.prompts(count: 2, split: .test, seed: Seed(1)).count == 2)
    #expect(task.demonstrations(count: 1, seed: Seed(1)) == [pairs[0].chosenSequence])
  }

  @Test func withoutARewardModelEveryCompletionScoresZero() {
    let task = UserPrompts(
      pairs: pairs, tokenizer: BytePairEncoding(), maximumCompletionLength: 4, reward: nil)
    #expect(task.gold(pairs[0].chosenSequence).total == 0)
    #expect(task.group(of: pairs[0].prompt) == task.group(of: pairs[1].prompt))
  }

  @Test func rewardModelStandsForTheGold() {
    var generator = Seed(1).generator(for: "test")
    let policy = Transformer<Float>(
      configuration: ModelPreset.tiny.configuration(vocabularySize: 259, maximumLength: 8),
      using: &generator)
    var reward = RewardModel(model: ScalarModel(backbone: policy))
    reward.offset = -1.5
    let task = UserPrompts(
      pairs: pairs, tokenizer: BytePairEncoding(), maximumCompletionLength: 4, reward: reward)
    // A zero head scores zero, less the offset.
    #expect(task.gold(pairs[0].chosenSequence).total == 1.5)
    #expect(task.goldTermNames == task.gold(pairs[0].chosenSequence).terms.map(\.name))
  }
}
