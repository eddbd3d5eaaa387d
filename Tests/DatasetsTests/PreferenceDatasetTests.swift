import Datasets
import Testing
import Tokenization

@Suite struct PreferenceDatasetTests {
  /// 300 pairs over 50 prompts, six a prompt as from four completions each.
  private let pairs = (0..<300).map { index in
    PreferencePair(prompt: [1, index / 6], chosen: [index, 2], rejected: [index + 1, 2])
  }

  @Test func aPairGivesTheSequencesOfItsCompletions() {
    let pair = PreferencePair(prompt: [1, 4], chosen: [5, 2], rejected: [6])
    #expect(pair.chosenSequence == TokenSequence(prompt: [1, 4], completion: [5, 2]))
    #expect(pair.rejectedSequence == TokenSequence(prompt: [1, 4], completion: [6]))
  }

  @Test func noPromptIsOnBothSides() {
    let dataset = PreferenceDataset(splitting: pairs, testFraction: 0.2, seed: Seed(1))
    let (train, test) = (Set(dataset.train.map(\.prompt)), Set(dataset.test.map(\.prompt)))
    #expect(train.isDisjoint(with: test))
    #expect(dataset.test.count == 60)
    #expect(dataset.train.count == 240)
  }

  @Test func everyPairIsOnOneSideInItsOldOrder() {
    let dataset = PreferenceDataset(splitting: pairs, testFraction: 0.33, seed: Seed(1))
    #expect(Set(dataset.train + dataset.test) == Set(pairs))
    #expect(dataset.train.map { $0.chosen[0] } == dataset.train.map { $0.chosen[0] }.sorted())
  }

  @Test func theSeedDecidesTheSplit() {
    func test(_ seed: UInt64) -> [PreferencePair] {
      PreferenceDataset(splitting: pairs, testFraction: 0.2, seed: Seed(seed)).test
    }
    #expect(test(1) == test(1))
    #expect(test(1) != test(2))
  }

  @Test func theSplitTakesAllOrNothingAtTheEnds() {
    #expect(PreferenceDataset(splitting: pairs, testFraction: 0, seed: Seed(1)).test.isEmpty)
    #expect(PreferenceDataset(splitting: pairs, testFraction: 1, seed: Seed(1)).train.isEmpty)
    let none: [PreferencePair] = []
    #expect(PreferenceDataset(splitting: none, testFraction: 0.5, seed: Seed(1)).train.isEmpty)
  }

  @Test func annotationsStayWithTheirPairs() {
    let labelled = pairs.map { pair in
      AnnotatedPair(
        pair: pair,
        annotation: Annotation(
          goldDifference: Double(pair.chosen[0]), probability: pair.prompt[1] < 25 ? 0.2 : 0.9))
    }
    let dataset = PreferenceDataset(splitting: labelled, testFraction: 0.2, seed: Seed(1))
    #expect(
      dataset.train.map { Double($0.chosen[0]) } == dataset.trainAnnotations.map(\.goldDifference))
    #expect(
      dataset.test.map { Double($0.chosen[0]) } == dataset.testAnnotations.map(\.goldDifference))
    // The best guess at a label of probability 0.2 is right in 0.8 of the cases.
    let sum = dataset.test.map { $0.prompt[1] < 25 ? 0.8 : 0.9 }.reduce(0, +)
    #expect(abs((dataset.testBayesAccuracy ?? 0) - sum / 60) < 1e-12)
  }

  @Test func withoutGoldThereIsNoBayesAccuracy() {
    let dataset = PreferenceDataset(train: pairs, test: [])
    #expect(dataset.trainBayesAccuracy == nil)
    #expect(dataset.train == pairs)
  }
}
