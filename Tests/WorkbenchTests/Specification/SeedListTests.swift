import Foundation
import Testing
import Workbench

@Suite struct SeedListTests {
  private func seeds(_ text: String) throws -> [Int] {
    try read("seeds: \(text)\narms: [{dpo: {}}]").seeds.values
  }

  @Test(arguments: [
    ("1", [1]), ("2", [1, 2]), ("[0]", [0]), ("[999999, 0]", [999_999, 0]),
    ("[5, 3, 4]", [5, 3, 4]),
  ])
  func countsBeginAtOneAndListsAreTakenAsTheyAre(text: String, expected: [Int]) throws {
    #expect(try seeds(text) == expected)
  }

  @Test func listOfTheMainDocumentationIsTheDefault() throws {
    #expect(try read("arms: [{dpo: {}}]").seeds.values == [1, 2, 3, 4, 5, 6])
    #expect(SeedList([1, 2]) == SeedList(Array(1...2)))
  }

  @Test(arguments: ["0", "-3", "[]", "[1, 1]", "[-1]", "[1000000]"])
  func seedsThatAreNoneOrTwiceOrTooLargeAreRefused(text: String) {
    guard
      case .outOfRange("seeds", _, let allowed, let place)? = readingError(
        "seeds: \(text)\narms: [{dpo: {}}]")
    else {
      Issue.record("\(text) was read")
      return
    }
    #expect(allowed == "a count, or a list of different numbers of 0…999999")
    #expect(place.line == 1)
  }

  // A list of them would not fit into the machine.
  @Test(arguments: ["1000000", "999999999"])
  func countBeyondAllSeedsIsRefusedBeforeItIsCounted(text: String) {
    let error = readingError("arms: [{dpo: {}}]\nseeds: \(text)\n")
    #expect(
      error.map { "\($0)" } == "e.yaml:2:8: 'seeds' is \(text); allowed is a count of 1…999999")
  }

  @Test(arguments: ["one", "1.5", "[1, two]", "{a: 1}", "true"])
  func seedsThatAreNoNumbersAreOfTheWrongKind(text: String) {
    guard case .wrongType? = readingError("seeds: \(text)\narms: [{dpo: {}}]") else {
      Issue.record("\(text) was read")
      return
    }
  }

  @Test func listIsWrittenAsAList() throws {
    let text = String(decoding: try encodeRecord(SeedList([3, 1])), as: UTF8.self)
    #expect(text == "[3,1]\n")
    #expect(try decodeRecord(SeedList.self, from: Data("4".utf8)).values == [1, 2, 3, 4])
  }
}
