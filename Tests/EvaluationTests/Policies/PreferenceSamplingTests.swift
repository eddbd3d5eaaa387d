import Datasets
import Evaluation
import Foundation
import LanguageModel
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct PreferenceSamplingTests {
  let language: EnumerableLanguage
  let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
  let annotator = BradleyTerryAnnotator(seed: Seed(40))
  let prompts: [[Int]]

  init() throws {
    language = try tinyLanguage()
    prompts = language.prompts(count: 200, split: .train, seed: Seed(41))
  }

  func preferences(
    completions: Int = 2, redraws: Int = 4, seed: UInt64 = 42
  ) -> SampledPreferences {
    samplePreferencePairs(
      reference: reference, task: language, prompts: prompts, completionsPerPrompt: completions,
      annotator: annotator, seed: Seed(seed), redraws: redraws)
  }

  @Test(arguments: [(2, 1), (3, 3), (4, 6)])
  func allPairsOfAPromptAreLabelled(completions: Int, pairsPerPrompt: Int) {
    let result = preferences(completions: completions)
    #expect(result.pairs.count + result.dropped == 200 * pairsPerPrompt)
    #expect(result.cost.labels == result.pairs.count)
    #expect(result.sampled >= 200 * completions)
  }

  @Test func noPairHasIdenticalCompletions() {
    let result = preferences(completions: 4)
    #expect(result.pairs.count > 200)
    #expect(result.pairs.allSatisfy { $0.pair.chosen != $0.pair.rejected })
  }

  @Test func redrawingKeepsPairsThatDroppingLoses() {
    let (redrawn, dropped) = (preferences(completions: 4), preferences(completions: 4, redraws: 0))
    #expect(dropped.sampled == 800)
    #expect(dropped.dropped > redrawn.dropped)
    #expect(redrawn.sampled > 800)
  }

  @Test func goldValuesBelongToTheirCompletions() {
    let result = preferences()
    #expect(result.pairs.count > 100 && result.chosenGold.count == result.pairs.count)
    for (i, labelled) in result.pairs.enumerated() {
      let (chosen, rejected) = (result.chosenGold[i], result.rejectedGold[i])
      #expect(chosen == language.gold(labelled.pair.chosenSequence).total)
      #expect(rejected == language.gold(labelled.pair.rejectedSequence).total)
      #expect(abs(labelled.annotation.goldDifference - (chosen - rejected)) < 1e-12)
      let sigmoid = 1 / (1 + exp(rejected - chosen))
      #expect(abs(labelled.annotation.probability - sigmoid) < 1e-12)
    }
  }

  // The labels agree with the gold as often as their probabilities say, within four deviations.
  @Test func labelsFollowTheirProbabilities() {
    let result = preferences(completions: 4)
    let best = result.pairs.map { max($0.annotation.probability, 1 - $0.annotation.probability) }
    let agreed = result.pairs.count { $0.annotation.probability > 0.5 }
    let ties = result.pairs.count { $0.annotation.probability == 0.5 }
    let expected = best.reduce(0, +) - 0.5 * Double(ties)
    let variance = best.reduce(0) { $0 + $1 * (1 - $1) }
    #expect(abs(Double(agreed) - expected) < 4 * variance.squareRoot())
  }

  @Test func equalSeedsGiveEqualPairsAndOthersDoNot() {
    #expect(preferences() == preferences())
    #expect(preferences().pairs != preferences(seed: 43).pairs)
  }

  @Test func promptsKeepTheirOrder() {
    let result = preferences(redraws: 50)
    #expect(result.dropped == 0)
    #expect(result.pairs.map(\.pair.prompt) == prompts)
  }
}
