import Foundation
import Tasks
import Testing
import Tokenization

@Suite struct TaskConfigurationTests {
  private func decode(_ json: String) throws -> TaskConfiguration {
    try JSONDecoder().decode(TaskConfiguration.self, from: Data(json.utf8))
  }

  @Test func missingKeysTakeTheirDefaults() throws {
    #expect(try decode("{}") == TaskConfiguration())
    var expected = TaskConfiguration(name: .enumerableLanguage)
    expected.language.words = 5
    expected.language.maximumWords = 5
    let json = #"{"name": "enumerable-language", "words": 5, "maximum_words": 5}"#
    #expect(try decode(json) == expected)
  }

  @Test func theNameAloneIsEnough() throws {
    #expect(try decode(#""movie-sentiment""#) == TaskConfiguration(name: .movieSentiment))
    #expect(throws: DecodingError.self) { _ = try decode(#""movies""#) }
    #expect(throws: DecodingError.self) { _ = try decode(#"{"name": "movies"}"#) }
    #expect(throws: DecodingError.self) { _ = try decode(#"{"adjectives": "many"}"#) }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var configuration = TaskConfiguration(name: .aspectReviews)
    configuration.reviews.slipRate = 0.1
    configuration.reviews.sentimentForm = .sumOverRequested
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(TaskConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    // Hashes of finished cells hold these keys; those of a new task are written for that task alone.
    #expect(
      keys.sorted() == [
        "adjectives", "coverage_weight", "data_folder", "gold_scale", "maximum_words",
        "movie_tokens", "name", "repetition_cost", "review_tokens", "sentiment_form", "slip_rate",
        "vocabulary_size", "words",
      ])
  }

  @Test(arguments: [
    #"{"adjectives": 50}"#, #"{"adjectives": 102}"#, #"{"slip_rate": -0.1}"#,
    #"{"coverage_weight": -1}"#, #"{"review_tokens": 4}"#, #"{"words": 2}"#,
    #"{"maximum_words": 5}"#, #"{"words": 26, "maximum_words": 12}"#, #"{"repetition_cost": -1}"#,
    #"{"vocabulary_size": 200}"#, #"{"movie_tokens": 2}"#, #"{"gold_scale": 0}"#,
  ])
  func valuesOutOfRangeAreRefused(json: String) throws {
    let configuration = try decode(json)
    #expect(throws: TaskConfigurationError.self) { try configuration.validate() }
    #expect(throws: TaskConfigurationError.self) { _ = try makeTask(configuration) }
  }

  @Test func theErrorNamesKeyValueAndRange() throws {
    let configuration = try decode(#"{"adjectives": 50}"#)
    let error = TaskConfigurationError.outOfRange(
      "adjectives", "50", allowed: "a multiple of 6 from 6 to 96")
    #expect(throws: error) { try configuration.validate() }
    #expect(
      error.description == "task: 'adjectives' is 50; allowed: a multiple of 6 from 6 to 96")
  }

  @Test func everyTaskHasANameOfItsOwn() throws {
    let names = TaskConfiguration.Name.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count && names.allSatisfy { !$0.isEmpty })
    #expect(TaskConfiguration.Name(rawValue: "stories") == .stories)
    #expect(TaskConfiguration.Name(rawValue: "movies") == nil)
  }

  @Test func configurationsDifferInNameFolderOrAnySetting() {
    var others = [TaskConfiguration(name: .stories), TaskConfiguration(), TaskConfiguration()]
    others[1].dataFolder = "/a"
    others[2].movies.goldScale = 3
    for other in others { #expect(other != TaskConfiguration()) }
    #expect(TaskConfiguration() == TaskConfiguration(name: .aspectReviews))
  }

  @Test func whatCanBeListedIsCountedBeforeTheTaskIsMade() throws {
    var language = TaskConfiguration(name: .enumerableLanguage)
    (language.language.words, language.language.maximumWords) = (3, 2)
    // 1 + 3 + 9 completions of at most two of three words.
    #expect(language.enumerationSize == EnumerationSize(completions: 13, vocabulary: 4))
    #expect(try makeTask(language).allCompletions?.count == 13)
    #expect(TaskConfiguration().enumerationSize == nil)
    #expect(try makeTask(TaskConfiguration()).allCompletions == nil)
  }

  @Test func tasksAreMadeByName() throws {
    #expect(try makeTask(TaskConfiguration()).name == "aspect-reviews")
    let language = try makeTask(TaskConfiguration(name: .enumerableLanguage))
    #expect(language.name == "enumerable-language")
    #expect(language.maximumCompletionLength == 4)
    var small = TaskConfiguration()
    small.reviews.adjectives = 6
    small.reviews.reviewTokens = 20
    let reviews = try makeTask(small)
    #expect(try makeTask(TaskConfiguration()).tokenizer.vocabularySize == 112)
    #expect(reviews.tokenizer.vocabularySize == 112 - 42)
    #expect(reviews.maximumCompletionLength == 20)
  }
}
