import Optimizers
import PPO
import SupervisedFineTuning
import Testing
import Training
import Workbench

/// Reads a specification of one arm behind a text of other keys.
func read(_ yaml: String) throws -> ExperimentSpecification {
  try ExperimentSpecification(yaml: yaml, file: "e.yaml", name: "question")
}

/// The error that reading a specification ends with.
func readingError(_ yaml: String) -> SpecificationError? {
  #expect(throws: SpecificationError.self) { try read(yaml) }
}

@Suite struct SettingsDecoderTests {
  private let arms = "arms: [{name: a, dpo: {}}]\n"

  @Test func unknownKeyIsRefusedWithPlaceAndNearestName() {
    let error = readingError(arms + "sft:\n  max_stps: 3\n")
    guard case .unknownKey("sft.max_stps", let known, "max_steps", let place) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(place == SourceLocation(file: "e.yaml", line: 3, column: 3))
    #expect(Set(known) == Set(SFTConfiguration.settings.map(\.key)))
  }

  @Test func sentenceOfAnUnknownKeyNamesAllThatIsKnown() {
    let text = readingError(arms + "evaluation: {promts: 3}\n").map { "\($0)" }
    #expect(
      text == "e.yaml:2:14: unknown key 'evaluation.promts'; did you mean 'prompts'? "
        + "This object accepts checkpoints, gradients, path_points, path_prompts, prompts, "
        + "samples, split")
  }

  @Test func optionalKeyWithoutDefaultIsKnown() throws {
    let specification = try read("same_objective: false\narms: [{ppo: {missing_eos_penalty: 2}}]")
    guard case .ppo(let settings, _) = specification.arms[0].method else {
      Issue.record("not the method asked for: \(specification.arms[0].method)")
      return
    }
    #expect(settings.missingEndPenalty == 2)
  }

  @Test(arguments: [
    ("beta: strong", 1, 7, "a number"), ("sft: {max_steps: 1.5}", 1, 18, "a whole number"),
    ("share_sft: 3", 1, 12, "true or false"), ("title: [a]", 1, 8, "text"),
    ("sft: 7", 1, 6, "keys with values"), ("arms: dpo", 1, 7, "a list"),
    ("beta: '0.1'", 1, 7, "a number"), ("beta: 1:30", 1, 7, "a number"),
    ("beta:", 1, 6, "a number"),
    ("\nsft: {optim: adam}", 2, 14, "one of adamw, rmsprop"),
  ])
  func valueOfAnotherKindIsRefusedWithItsPlace(
    yaml: String, line: Int, column: Int, expected: String
  ) {
    guard case .wrongType(_, let wanted, _, let place)? = readingError(yaml) else {
      Issue.record("no type error from \(yaml)")
      return
    }
    #expect(wanted == expected)
    #expect(place == SourceLocation(file: "e.yaml", line: line, column: column))
  }

  @Test func elementOfAListIsNamedByItsNumber() {
    let error = readingError("arms:\n  - name: a\n    dpo: {}\n  - name: b\n    dqo: {}\n")
    guard case .unknownKey("arms.2.dqo", _, "dpo", let place)? = error else {
      guard case .contradiction = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      return
    }
    #expect(place.line == 5)
  }

  @Test func brokenYAMLIsRefusedWithItsLine() {
    guard case .syntax(_, let place)? = readingError("title: a\narms:\n  - b\n c: 2\n") else {
      Issue.record("no syntax error")
      return
    }
    #expect((3...4).contains(place.line ?? 0))
  }

  @Test func keyThatAppearsTwiceIsRefused() {
    guard case .syntax(let problem, _)? = readingError("beta: 1\nbeta: 2\n") else {
      Issue.record("no syntax error")
      return
    }
    #expect(problem.contains("beta"))
  }

  @Test func writtenKeysWinAndTheOthersKeepTheirDefaults() throws {
    let specification = try read(arms + "sft: {learning_rate: 1e-3, max_steps: 1_000}\n")
    var expected = SFTConfiguration()
    expected.learningRate = 0.001
    expected.maximumSteps = 1000
    #expect(specification.sft == expected)
  }
}

@Suite struct NearestNameTests {
  // Levenshtein's textbook distances.
  @Test(arguments: [("kitten", "sitting", 3), ("flaw", "lawn", 2), ("", "abc", 3), ("a", "a", 0)])
  func editDistanceCountsInsertionsDeletionsAndSubstitutions(a: String, b: String, edits: Int) {
    #expect(editDistance(a, b) == edits)
    #expect(editDistance(b, a) == edits)
  }

  @Test func nothingIsNearestWhereMostIsWrong() {
    #expect(nearestName(to: "zzzzzz", among: ["beta", "gamma"]) == nil)
    #expect(nearestName(to: "gama", among: ["beta", "gamma"]) == "gamma")
  }

  @Test func equallyNearNamesAreChosenByTheAlphabet() {
    #expect(nearestName(to: "c", among: ["b", "a"]) == "a")
  }
}
