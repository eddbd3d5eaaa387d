import Datasets
import Foundation
import Tasks
import Testing
import Tokenization

@Suite struct EnumerableLanguageTests {
  private func language(_ words: Int, _ maximumWords: Int) throws -> EnumerableLanguage {
    var settings = EnumerableLanguage.Settings()
    settings.words = words
    settings.maximumWords = maximumWords
    return try EnumerableLanguage(settings)
  }

  @Test(arguments: [(7, 4, 2801), (5, 5, 3906), (3, 2, 13)])
  func completionsAreAsManyAsTheGeometricSum(words: Int, maximum: Int, count: Int) throws {
    let language = try language(words, maximum)
    let all = language.completions()
    #expect(all.count == count)
    #expect(Set(all).count == count)
    #expect(EnumerableLanguage.completionCount(words: words, maximumWords: maximum) == count)
    #expect(language.tokenizer.vocabularySize == words + 1)
    let end = language.tokenizer.endToken
    for completion in all {
      #expect(completion.count <= language.maximumCompletionLength)
      #expect(completion.dropLast().allSatisfy { $0 != end })
      #expect((completion.last == end) == (completion.count { $0 != end } < maximum))
    }
  }

  @Test(arguments: [(7, 4), (5, 5)])
  func probabilitiesOfAnyPolicySumToOne(words: Int, maximum: Int) throws {
    let language = try language(words, maximum)
    // A table of next-token probabilities for the state (position, token before).
    var generator = Seed(31).generator(for: "table")
    let table = (0..<maximum).map { _ in
      (0...words).map { _ in
        let weights = (0...words).map { _ in exp(2 * generator.normal()) }
        return weights.map { $0 / weights.reduce(0, +) }
      }
    }
    let sum = language.completions().reduce(0.0) { sum, completion in
      var previous = 3
      var probability = 1.0
      for (position, token) in completion.enumerated() {
        probability *= table[position][previous][token]
        previous = token
      }
      return sum + probability
    }
    #expect(abs(sum - 1) < 1e-12)
  }

  @Test func goldsAreThoseOfTheFormula() throws {
    let language = try language(7, 4)
    let tokenizer = language.tokenizer
    func terms(_ topic: String, _ text: String) throws -> [Double] {
      let prompt = [tokenizer.beginToken] + (try tokenizer.encode(topic))
      let completion = try tokenizer.encode(text) + [tokenizer.endToken]
      let gold = language.gold(TokenSequence(prompt: prompt, completion: completion))
      #expect(isClose(gold.total, gold.terms.map(\.value).reduce(0, +)))
      return gold.terms.map(\.value)
    }
    #expect(isClose(try terms("a", "g f e"), [1.5 + 1 + 0.5, 0, 0]))
    #expect(isClose(try terms("f", "g g a"), [1.5 + 1.5 - 1.5, 1, -2]))
    #expect(isClose(try terms("g", "a a a"), [-4.5, 1, -4]))
    #expect(isClose(try terms("d", ""), [0, 0, 0]))
  }

  @Test func theBestCompletionsAreKnown() throws {
    // The three or four best words without repetition, with the word on topic among them.
    let language = try language(7, 4)
    for prompt in language.allPrompts {
      let golds = language.completions().map {
        language.gold(TokenSequence(prompt: prompt, completion: $0)).total
      }
      let next = prompt[1] % 7 + 1
      let expected =
        switch next {
        case 4...7: 3 + 1.0
        case 3: 3 + 1 - 0.5
        default: 3.0
        }
      #expect(isClose(try #require(golds.max()), expected))
    }
  }

  @Test func referenceProbabilitiesSumToOneAndMatchTheTexts() throws {
    let language = try language(3, 2)
    let texts = language.demonstrations(count: 20_000, seed: Seed(32))
    let counts = Dictionary(grouping: texts) { $0 }.mapValues(\.count)
    for prompt in language.allPrompts.dropLast() {
      let sequences = language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
      let probabilities = sequences.map { exp(language.referenceLogProbability(of: $0)) }
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
      let count = texts.count { $0.prompt == prompt }
      #expect(agrees(count, of: texts.count, with: 0.5))
      for (sequence, probability) in zip(sequences, probabilities) {
        #expect(agrees(counts[sequence, default: 0], of: count, with: probability))
      }
    }
  }

  @Test func theMeanGoldOfTheTextsIsTheSumOverAllCompletions() throws {
    let language = try language(7, 4)
    let texts = language.demonstrations(count: 8000, seed: Seed(33))
    let golds = texts.map { language.gold($0).total }
    let mean = golds.reduce(0, +) / 8000
    let variance = golds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 7999
    var exact = 0.0
    for prompt in language.allPrompts.dropLast() {
      for completion in language.completions() {
        let sequence = TokenSequence(prompt: prompt, completion: completion)
        exact +=
          exp(language.referenceLogProbability(of: sequence)) * language.gold(sequence).total / 6
      }
    }
    #expect(abs(mean - exact) < 4 * (variance / 8000).squareRoot())
  }

  @Test func whatIsNoCompletionHasNoProbability() throws {
    let language = try language(7, 4)
    for completion in [[1, 2], [1, 2, 3, 4, 0], [1, 2, 3, 4, 5], [0, 1], [9, 0]] {
      let sequence = TokenSequence(prompt: [0, 1], completion: completion)
      #expect(language.referenceLogProbability(of: sequence) == -.infinity)
    }
    let sequence = TokenSequence(prompt: [0], completion: [0])
    #expect(language.referenceLogProbability(of: sequence) == -.infinity)
  }

  @Test func theReferenceDependsOnThePrompt() throws {
    let language = try language(7, 4)
    let probabilities = language.allPrompts.map { prompt in
      language.referenceLogProbability(of: TokenSequence(prompt: prompt, completion: [1, 0]))
    }
    #expect(Set(probabilities).count == 7)
  }

  @Test func theLastTopicIsHeldOut() throws {
    let language = try language(7, 4)
    let train = Set(language.prompts(count: 300, split: .train, seed: Seed(1)))
    #expect(train == Set(language.allPrompts.dropLast()))
    #expect(Set(language.prompts(count: 300, split: .test, seed: Seed(1))) == train)
    #expect(language.prompts(count: 2, split: .heldOut, seed: Seed(1)) == [[0, 7], [0, 7]])
    #expect(language.demonstrations(count: 300, seed: Seed(1)).allSatisfy { $0.prompt != [0, 7] })
    #expect(language.group(of: [0, 7]) == "topic=g")
    #expect(language.group(of: []) == "topic=none")
  }

  @Test func textComesBackFromItsTokens() throws {
    let tokenizer = try language(7, 4).tokenizer
    #expect(tokenizer.decode([0] + (try tokenizer.encode("g a b")) + [0]) == "g a b")
    #expect(throws: TokenizationError.unknownWord("z", position: 2)) {
      _ = try tokenizer.encode("a z")
    }
  }
}
