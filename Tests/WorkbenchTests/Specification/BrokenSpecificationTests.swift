import Datasets
import ExactTheory
import Foundation
import Testing
import Workbench

/// A valid specification that uses every kind of value.
private let whole = """
  # A comment.
  title: "A title: quoted"
  expectation: >-
    Folded
    text.
  task: {name: aspect-reviews, adjectives: 24}
  model: {preset: tiny, max_length: 64}
  seeds: [1, 2]
  beta: 0.3
  data:
    pairs: 1_000
    annotator: {labels: argmax, flip_rate: 1e-1}
  sft: {max_steps: 10, lr_scheduler_type: linear}
  arms:
    - name: PPO
      ppo: {iterations: 3, target_kl: ~}
      reward: gold
    - {name: DPO, dpo: {}}
    - best-of-n:
        n: [1, 2]
  """

/// What a broken text leads to: a specification or a complaint with a place, never a crash.
private func outcome(_ yaml: String) -> String? {
  do {
    _ = try ExperimentSpecification(yaml: yaml, file: "e.yaml", name: "broken")
    return nil
  } catch let error as SpecificationError {
    return "\(error)"
  } catch {
    return "\(error)"
  }
}

@Suite struct BrokenSpecificationTests {
  @Test func wholeSpecificationIsRead() throws {
    let specification = try read(whole)
    #expect(specification.title == "A title: quoted")
    #expect(specification.expectation == "Folded text.")
    #expect(specification.data.pairs == 1000)
    #expect(specification.data.annotator.flipRate == 0.1)
    #expect(specification.arms.map(\.name) == ["PPO", "DPO", "best-of-n"])
  }

  @Test func textCutOffAnywhereIsReadOrRefusedWithAPlace() {
    let bytes = Array(whole.utf8)
    for end in stride(from: 0, to: bytes.count, by: 3) {
      guard let text = String(validating: bytes[..<end], as: UTF8.self) else { continue }
      if let complaint = outcome(text) { #expect(complaint.hasPrefix("e.yaml"), "\(complaint)") }
    }
  }

  @Test(arguments: 0..<8) func textWithRandomChangesIsReadOrRefusedWithAPlace(part: Int) {
    var generator = Seed(UInt64(part)).generator(for: "fuzz.specification")
    let strange = Array("{}[]:,-~'\"\n\t #&*!|>%@`0a.\u{E9}\u{1F600}")
    for _ in 0..<150 {
      var text = Array(whole)
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let place = Int.random(in: 0..<text.count, using: &generator)
        let letter = strange[Int.random(in: 0..<strange.count, using: &generator)]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: text[place] = letter
        case 1: text.insert(letter, at: place)
        default: text.remove(at: place)
        }
      }
      if let complaint = outcome(String(text)) {
        #expect(complaint.hasPrefix("e.yaml"), "\(complaint)")
      }
    }
  }

  @Test(arguments: [
    "beta", "seeds", "data", "sft", "arms", "model", "task", "evaluation", "title",
  ])
  func everyKeyRefusesAMappingOfNonsense(key: String) {
    let lines = whole.split(separator: "\n").filter { !$0.hasPrefix("\(key):") }
    let text = lines.joined(separator: "\n") + "\n\(key): {nonsense: [1]}\n"
    guard let complaint = outcome(text) else {
      Issue.record("\(key) took nonsense")
      return
    }
    #expect(complaint.hasPrefix("e.yaml:"))
  }

  @Test func numbersBeyondAllMachinesAreRefused() {
    for text in ["1e999", "-1e999", ".nan", ".inf"] {
      #expect(outcome("beta: \(text)\narms: [{dpo: {}}]") != nil, "\(text)")
    }
    #expect(outcome("seeds: 99999999999999999999\narms: [{dpo: {}}]") != nil)
  }

  @Test func aliasesAndAnchorsMeanWhatTheyStandFor() throws {
    let yaml = """
      arms:
        - {name: a, dpo: &same {learning_rate: 1e-3}}
        - {name: b, dpo: *same}
      """
    let arms = try read(yaml).arms
    #expect(arms[0].method == arms[1].method)
  }
}
