import Datasets
import Explanations
import Foundation
import Testing
import Workbench

@Suite struct BanditTests {
  private func read(_ text: String) throws(DataError) -> Bandit {
    try Bandit(json: Data(text.utf8), name: "bandit.json")
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let fragments: [String]
    var testDescription: String { text }
  }

  static let mistakes = [
    Mistake(text: "", fragments: ["bandit.json:1", "malformed JSON"]),
    Mistake(text: "{\"reference\":\n[0.5, 0.5", fragments: ["bandit.json:2", "malformed JSON"]),
    Mistake(text: "[0.5, 0.5]", fragments: ["expected an object"]),
    Mistake(text: #"{"reference":[0.5,0.5],"reward":[0,1]}"#, fragments: ["'beta' is missing"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":1,"polcy":[0.5,0.5]}"#,
      fragments: ["unknown key 'polcy'", "did you mean 'policy'"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":1,"beta":2}"#,
      fragments: ["'beta' appears twice"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1,2],"beta":1}"#,
      fragments: ["'reward' has 3 values but 'reference' has 2"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":1,"policy":[1]}"#,
      fragments: ["'policy' has 1 values"]),
    Mistake(
      text: #"{"reference":[1,0],"reward":[0,1],"beta":1}"#, fragments: ["reference[1] is 0"]),
    Mistake(
      text: #"{"reference":[1.5,-0.5],"reward":[0,1],"beta":1}"#,
      fragments: ["reference[1] is -0.5"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":1,"policy":[1,0]}"#,
      fragments: ["policy[1] is 0", "−∞"]),
    Mistake(
      text: #"{"reference":[0.5,0.500002],"reward":[0,1],"beta":1}"#,
      fragments: ["'reference' sums to 1.00000"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":0}"#, fragments: ["'beta' is 0"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1],"beta":"1"}"#,
      fragments: ["'beta' is not a number"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1e999],"beta":1}"#,
      fragments: ["reward[1] is inf"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,"1"],"beta":1}"#,
      fragments: ["reward[1] is not a number"]),
    Mistake(
      text: #"{"reference":[0.5,0.5],"reward":[0,1e99],"beta":0.01}"#, fragments: ["overflow"]),
    Mistake(text: #"{"reference":[],"reward":[],"beta":1}"#, fragments: ["0 probabilities"]),
    Mistake(text: #"{"reference":[1],"reward":[2],"beta":1}"#, fragments: ["1 probabilities"]),
  ]

  @Test(arguments: mistakes)
  func anInvalidBanditIsRefusedWithItsReason(_ mistake: Mistake) throws {
    let error = #expect(throws: DataError.self) { try read(mistake.text) }
    let sentence = error.map { "\($0)" } ?? ""
    #expect(sentence.hasPrefix("bandit.json"))
    for fragment in mistake.fragments { #expect(sentence.contains(fragment), "\(sentence)") }
    #expect(error.map { ExitStatus(for: $0) } == .data)
  }

  @Test func everyMistakeIsNamedAtOnce() throws {
    let error = #expect(throws: DataError.self) {
      try read(#"{"reference":[0.5,0.6],"reward":[0],"beta":-1}"#)
    }
    guard case .invalid(let problems, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.count == 3)
  }

  @Test func aMissingFileIsAMissingInput() {
    let error = #expect(throws: DataError.self) {
      try Bandit(contentsOf: URL(filePath: "/nowhere/bandit.json"))
    }
    #expect(error.map { ExitStatus(for: $0) } == .missingInput)
  }

  @Test func policyIsTheReferenceUnlessGiven() throws {
    let bandit = try read(#"{"reference":[0.25,0.75],"reward":[0,1],"beta":1}"#)
    #expect(bandit.policy == [0.25, 0.75] && bandit.reference == [0.25, 0.75])
  }

  @Test func sumsNearOneAreDividedOut() throws {
    let bandit = try read(#"{"reference":[0.25,0.7500008],"reward":[0,1],"beta":1}"#)
    #expect(abs(bandit.reference.reduce(0, +) - 1) < 1e-15)
    #expect(abs(bandit.reference[0] - 0.25 / 1.0000008) < 1e-16)
  }
}
