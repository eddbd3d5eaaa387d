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
    expected.words = 5
    expected.maximumWords = 5
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
    configuration.slipRate = 0.1
    configuration.sentimentForm = .sumOverRequested
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(TaskConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(Set(keys) == Set(TaskConfiguration.CodingKeys.allCases.map(\.rawValue)))
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

  @Test func tasksAreMadeByName() throws {
    #expect(try makeTask(TaskConfiguration()).name == "aspect-reviews")
    let language = try makeTask(TaskConfiguration(name: .enumerableLanguage))
    #expect(language.name == "enumerable-language")
    #expect(language.maximumCompletionLength == 4)
    var small = TaskConfiguration()
    small.adjectives = 6
    small.reviewTokens = 20
    let reviews = try makeTask(small)
    #expect(try makeTask(TaskConfiguration()).tokenizer.vocabularySize == 112)
    #expect(reviews.tokenizer.vocabularySize == 112 - 42)
    #expect(reviews.maximumCompletionLength == 20)
  }
}
