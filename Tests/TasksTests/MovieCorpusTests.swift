import Datasets
import Tasks
import Testing

@Suite struct MovieCorpusTests {
  @Test func tagsAndSpacesAreCleaned() {
    #expect(cleaned(" One.<br /><br />Two  <b>three</b>\n") == "One. Two <b>three</b>")
  }

  @Test(arguments: [
    ("One here. Two here! Three?", ["One here.", "Two here!", "Three?"]),
    ("He said \"No.\" Then he left.", ["He said \"No.\"", "Then he left."]),
    ("It cost 3.50 vs. nothing... really", ["It cost 3.50 vs. nothing... really"]),
    ("Wait... What?! Yes", ["Wait...", "What?!", "Yes"]),
    ("", []),
  ])
  func sentencesEndAtPunctuationBeforeACapital(text: String, expected: [String]) {
    #expect(sentences(of: text) == expected)
  }

  @Test func everyPassageIsInOneSplitAndKeepsTheLengthLimits() throws {
    let reviews = (0..<400).map { "\"Film \($0) is good. It is long, number \($0).\",1,imdb" }
    let snippets = (0..<20).map { "snippet number \($0) is fair,1,rotten_tomatoes" }
    let csv = (["text,label,source"] + reviews + reviews + snippets).joined(separator: "\n")
    let corpus = try MovieCorpus(csv: Array(csv.utf8), lengths: 10...60)
    let all = Split.allCases.flatMap { corpus.passages[$0, default: []] }
    // Two sentences a review, repeated reviews once, and one passage a snippet.
    #expect(all.count == 820)
    #expect(Set(all).count == 820)
    #expect(corpus.passages[.heldOut]?.count == 20)
    #expect(agrees((corpus.passages[.train]?.count ?? 0) / 2, of: 400, with: 0.8))
    #expect(agrees((corpus.passages[.test]?.count ?? 0) / 2, of: 400, with: 0.1))
    let short = try MovieCorpus(csv: Array(csv.utf8), lengths: 10...19)
    #expect(short.passages[.train]?.allSatisfy { $0.hasPrefix("Film") } == true)
  }

  @Test func aRecordWithAnotherNumberOfFieldsIsNamedByItsLine() {
    let csv = "text,label,source\ngood film,1,imdb\nbad film,imdb\n"
    #expect(throws: CSVReader.Failure(line: 3, what: "2 fields, text,label,source wanted")) {
      _ = try MovieCorpus(csv: Array(csv.utf8), lengths: 1...100)
    }
  }
}
