import Foundation
import Tasks
import Testing
import Workbench

/// Settings at the ends of their ranges: the last that is read and the first that is not.
@Suite struct SettingLimitTests {
  private let arms = "arms: [{dpo: {}}]\n"

  /// Whether a text is read, or the key that was out of range with what is allowed.
  private func complaint(_ yaml: String) -> String? {
    do {
      _ = try read(yaml)
      return nil
    } catch SpecificationError.outOfRange(let key, _, let allowed, _) {
      return "\(key): \(allowed)"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("data: {demonstrations: 2}", "data: {demonstrations: 1}", "demonstrations: n ≥ 2"),
    ("data: {pairs: 2}", "data: {pairs: 1}", "pairs: n ≥ 2"),
    ("data: {test_pairs: 2}", "data: {test_pairs: 1}", "test_pairs: n ≥ 2"),
    (
      "data: {completions_per_prompt: 16}", "data: {completions_per_prompt: 17}",
      "completions_per_prompt: 2 ≤ n ≤ 16"
    ),
    (
      "data: {annotator: {temperature: 1e-9}}", "data: {annotator: {temperature: -1}}",
      "temperature: 0 < T < ∞"
    ),
    (
      "data: {annotator: {temperature: 1e9}}", "data: {annotator: {temperature: .inf}}",
      "temperature: 0 < T < ∞"
    ),
    (
      "data: {annotator: {flip_rate: 0.4999}}", "data: {annotator: {flip_rate: 0.5}}",
      "flip_rate: 0 ≤ rate < 0.5"
    ),
    (
      "data: {annotator: {flip_rate: 0}}", "data: {annotator: {flip_rate: -1e-9}}",
      "flip_rate: 0 ≤ rate < 0.5"
    ),
    (
      "data: {annotator: {length_bias: -3}}", "data: {annotator: {length_bias: .nan}}",
      "length_bias: a finite number"
    ),
    (
      "evaluation: {prompts: 2, samples: 2}", "evaluation: {prompts: 1}",
      "prompts: n ≥ 2, or 0 to sample nothing"
    ),
    ("evaluation: {checkpoints: 1}", "evaluation: {checkpoints: 0}", "checkpoints: n ≥ 1"),
    ("evaluation: {samples: 0}", "evaluation: {samples: -1}", "samples: 0 ≤ n ≤ prompts"),
    (
      "evaluation: {prompts: 9, samples: 9}", "evaluation: {prompts: 9, samples: 10}",
      "samples: 0 ≤ n ≤ prompts"
    ),
    ("model: {max_length: 2}", "model: {max_length: 1}", "max_length: n ≥ 2"),
    ("beta: 1e-12", "beta: 0.0", "beta: 0 < β < ∞"),
    ("beta: 1e12", "beta: .inf", "beta: 0 < β < ∞"),
  ])
  func lastValueIsReadAndTheFirstBeyondIsNot(inside: String, outside: String, expected: String) {
    #expect(complaint("\(inside)\n" + arms) == nil)
    #expect(complaint("\(outside)\n" + arms) == expected)
  }

  @Test(arguments: [
    ("[1]", nil), ("[1, 4096]", nil), ("[2, 3, 5]", nil),
    ("[]", "n"), ("[0, 1]", "n"), ("[4097]", "n"), ("[2, 2]", "n"), ("[3, 2]", "n"),
  ])
  func bestOfNIsARisingList(list: String, key: String?) {
    let found = complaint("arms: [{best-of-n: {n: \(list)}}]")
    #expect(
      found?.hasPrefix("n: a list of ascending numbers of 1…4096") == (key == nil ? nil : true))
  }

  // Whole numbers beyond 10⁹ would overflow once two settings are multiplied.
  @Test(arguments: [
    "data: {pairs: 9223372036854775807}", "sft: {max_steps: 1000000001}",
    "evaluation: {checkpoints: 9223372036854775807}", "data: {test_pairs: -9223372036854775808}",
    "model: {max_length: 4000000000}",
  ])
  func wholeNumbersThatNobodyMeansAreRefused(setting: String) {
    guard case .wrongType(_, let expected, _, let place)? = readingError("\(setting)\n" + arms)
    else {
      Issue.record("\(setting) was read")
      return
    }
    #expect(expected == "a whole number of at most 1000000000" && place.line == 1)
  }

  // The largest settings that are read can be planned without overflowing.
  @Test func largestSettingsAreCounted() throws {
    let specification = try read(
      """
      task: enumerable-language
      data: {pairs: 1000000000, test_pairs: 1000000000}
      sft: {max_steps: 1000000000, per_device_train_batch_size: 1000000000}
      seeds: 1
      arms:
        - ppo: {iterations: 1000000000}
        - dpo: {num_train_epochs: 1000000000}
      """)
    let plan = try ExperimentPlan(specification, task: makeTask(specification.task))
    #expect(plan.entries.allSatisfy { $0.estimatedFLOPs.isFinite && $0.estimatedFLOPs > 0 })
  }

  @Test func modelTooLargeToCountIsRefusedWithItsPlace() {
    let sizes = "num_hidden_layers: 16777216, hidden_size: 16777216, intermediate_size: 16777216"
    let error = readingError("model: {\(sizes), num_attention_heads: 8}\n" + arms)
    guard case .contradiction(let problem, let place)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problem.contains("parameters, at most 2⁴⁸") && place.line == 1)
  }

  @Test(arguments: [
    ("arms: [{name: a, dpo: {}, ppo: {}}]", "this one has 2"),
    ("arms: [{name: a}]", "this one has 0"),
    ("arms: [{dpo: {}, reward: gold}]", "'reward' chooses PPO's reward; remove it here"),
    ("arms: [{best-of-n: {}, reward_offset: 1}]", "'reward_offset' shifts PPO's reward"),
    ("arms: [{name: '!!', dpo: {}}]", "arms need different names with letters in them"),
    ("arms: [{name: Reward, dpo: {}}]", "other than 'sft', 'reward' and 'referee'"),
    ("arms: [{name: A b, dpo: {}}, {name: a-B, dpo: {}}]", "arms need different names"),
    ("model: {preset: tiny, num_attention_heads: 2}\narms: [{dpo: {}}]", "not both; remove one"),
    (
      "model: {hidden_size: 8}\narms: [{dpo: {}}]",
      "needs num_hidden_layers, hidden_size and num_attention_heads"
    ),
    ("arms: [{exact-ascent: {}}]", "use the task enumerable-language or remove the arm"),
  ])
  func contradictionsSayWhatToDo(yaml: String, fragment: String) {
    guard case .contradiction(let problem, let place)? = readingError(yaml) else {
      Issue.record("\(yaml) was read")
      return
    }
    #expect(problem.contains(fragment), "\(problem)")
    #expect(place.file == "e.yaml" && place.line != nil)
  }

  // The nearest name, the language's own rule: at most a third of it wrong, or two letters.
  @Test(arguments: [
    ("sft: {learning_rat: 1}", "sft.learning_rat", "learning_rate"),
    ("data: {annotator: {flip: 0}}", "data.annotator.flip", nil),
    ("evaluation: {promptz: 3}", "evaluation.promptz", "prompts"),
    ("tsk: aspect-reviews", "tsk", "task"), ("reward: {epoch: 1}", "reward.epoch", nil),
    ("model: {max_lenght: 9}", "model.max_lenght", "max_length"),
  ])
  func unknownKeysAreNamedWithTheirPath(yaml: String, path: String, nearest: String?) {
    guard case .unknownKey(path, let known, nearest, let place)? = readingError(yaml + "\n" + arms)
    else {
      Issue.record("\(yaml): \(String(describing: readingError(yaml + "\n" + arms)))")
      return
    }
    #expect(place.line == 1 && known == known.sorted() && !known.contains(path))
  }

  // JSON is YAML: a configuration may be written either way.
  @Test func configurationMayBeJSON() throws {
    let json =
      #"{"beta": 0.25, "seeds": [3], "arms": [{"name": "A", "dpo": {"loss_type": "ipo"}}]}"#
    let specification = try read(json)
    #expect(
      specification
        == (try read("beta: 0.25\nseeds: [3]\narms: [{name: A, dpo: {loss_type: ipo}}]")))
    #expect(complaint(#"{"beta": 0, "arms": [{"dpo": {}}]}"#) == "beta: 0 < β < ∞")
    #expect(complaint(#"{"beta": 0.1,, "arms": []}"#)?.hasPrefix("e.yaml:1:") == true)
  }
}
