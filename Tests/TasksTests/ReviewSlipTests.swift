import Datasets
import Tasks
import Testing
import Tokenization

/// What single mistakes in a sound review cost, at every place where they can happen.
@Suite struct ReviewSlipTests {
  let task: AspectReviews
  let sound: [TokenSequence]

  init() throws {
    var settings = AspectReviews.Settings()
    settings.slipRate = 0
    task = try AspectReviews(settings)
    sound = task.demonstrations(count: 150, seed: Seed(41)).filter { $0.completion.count < 40 }
  }

  /// The gold of a text with words put in before a place, taking out as many as `removing`.
  private func gold(
    _ text: TokenSequence, at place: Int, removing: Int = 0, inserting words: [Int] = []
  ) -> GoldReward {
    var changed = text
    changed.completion.replaceSubrange(place..<(place + removing), with: words)
    return task.gold(changed)
  }

  private func violations(_ gold: GoldReward) -> Double {
    ((gold["grammar"] ?? 0) / -0.35).rounded()
  }

  /// Whether coverage, sentiment and repetition are those of the other gold.
  private func hasTheMeaning(of other: GoldReward, _ gold: GoldReward) -> Bool {
    ["coverage", "sentiment", "repetition"].allSatisfy { gold[$0] == other[$0] }
  }

  @Test func aRepeatedWordCostsOneViolationAndNoMeaning() {
    for text in sound {
      let original = task.gold(text)
      // The last token ends the text, and a second period is a word after the first.
      for place in 0..<(text.completion.count - 1) {
        let changed = gold(text, at: place + 1, inserting: [text.completion[place]])
        #expect(violations(changed) == 1)
        #expect(hasTheMeaning(of: original, changed))
      }
    }
  }

  @Test func aForeignWordCostsOneViolationAndNoMeaning() throws {
    let foreign = try task.tokenizer.encode("um hotel :") + [task.tokenizer.beginToken, -3, 9999]
    for text in sound {
      let original = task.gold(text)
      for place in 0..<text.completion.count {
        let word = foreign[place % foreign.count]
        let changed = gold(text, at: place, inserting: [word])
        #expect(violations(changed) == 1)
        #expect(hasTheMeaning(of: original, changed))
      }
    }
  }

  @Test func aMissingWordCostsOneViolationUnlessItMayBeMissing() throws {
    let optional: Set = [
      "not", "barely", "slightly", "somewhat", "fairly", "quite", "very", "really", "extremely",
    ]
    for text in sound {
      for place in text.completion.indices {
        let word = task.tokenizer.decode([text.completion[place]])
        let found = violations(gold(text, at: place, removing: 1))
        #expect(found == (optional.contains(word) ? 0 : 1), "without word \(place), '\(word)'")
      }
    }
  }

  @Test func everyWordBehindThePeriodCostsOne() throws {
    let text = try #require(sound.first)
    let more = try task.tokenizer.encode("and the food is superb .")
    for count in more.indices {
      let changed = gold(
        text, at: text.completion.count - 1, inserting: Array(more.prefix(count)))
      #expect(violations(changed) == Double(count))
      #expect(hasTheMeaning(of: task.gold(text), changed))
    }
  }
}
