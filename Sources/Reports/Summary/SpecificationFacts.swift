import DPO
package import Evaluation
import ExactTheory
import Foundation
import LanguageModel
import PPO
package import Tasks
import Tokenization
import Workbench

/// What a report says of an experiment besides its numbers.
package struct SpecificationFacts: Sendable, Codable {
  /// The name of the experiment's folder, such as `reward-curves`.
  package var question: String
  /// The headline.
  package var title: String
  /// What was expected before the run.
  package var expectation: String
  /// The task's name.
  package var task: String
  /// The model preset's name.
  package var model: String
  /// The number of the policy's parameters.
  package var parameterCount: Int
  /// The seeds, in order.
  package var seeds: [Int]
  /// The one β of both pipelines.
  package var beta: Double
  /// The arms, in the order of the specification.
  package var arms: [ArmFacts]
  /// The command that makes the results.
  package var command: String
  /// Who judges the arms, where it is not the gold reward; nil, and not written, where it is.
  package private(set) var judge: Judge?
  /// The annotator's temperature, by which the gold is divided in J; nil, and not written, for 1.
  package var annotatorTemperature: Double?
  /// How often trainings were looked at between their checkpoints; nil where they were not.
  package var path: PathFacts?
  /// The largest difference of two arms that counts as none, as it was stated before the run.
  package var equivalenceMargin: Double?

  /// The facts of one experiment.
  package init(
    question: String, title: String, expectation: String, task: String, model: String,
    parameterCount: Int, seeds: [Int], beta: Double, arms: [ArmFacts], command: String,
    judge: Judge? = nil, annotatorTemperature: Double? = nil, path: PathFacts? = nil,
    equivalenceMargin: Double? = nil
  ) {
    self.equivalenceMargin = equivalenceMargin
    (self.question, self.title, self.expectation) = (question, title, expectation)
    (self.task, self.model, self.parameterCount) = (task, model, parameterCount)
    (self.seeds, self.beta, self.arms, self.command) = (seeds, beta, arms, command)
    self.judge = judge == .gold ? nil : judge
    self.annotatorTemperature = annotatorTemperature == 1 ? nil : annotatorTemperature
    self.path = path
  }

  /// The objective J that all arms are compared by, at the experiment's one β.
  package var objective: EvaluatedObjective {
    EvaluatedObjective(beta: beta, annotatorTemperature: annotatorTemperature ?? 1)
  }
}

/// How a training was looked at along its path.
package struct PathFacts: Sendable, Codable, Equatable {
  /// Evaluations after the one at step 0, evenly spaced.
  package var points: Int
  /// The held-out prompts of each, the first of those of a checkpoint.
  package var prompts: Int

  /// So many points on so many prompts.
  package init(points: Int, prompts: Int) { (self.points, self.prompts) = (points, prompts) }
}

/// One arm of an experiment as a report names it.
package struct ArmFacts: Sendable, Codable {
  /// The arm's name, such as `PPO-GT`.
  package var name: String
  /// The method: `ppo`, `dpo` or `best-of-n`.
  package var method: String
  /// The settings that differ from the defaults, as a reader would write them.
  package var settings: String
  /// The method whose sweep the arm belongs to; nil, and not written, where there is none.
  package var family: String?
  /// The β that the arm itself was trained with; nil where its method has none.
  package var beta: Double?

  /// One arm.
  package init(
    name: String, method: String, settings: String, family: String? = nil, beta: Double? = nil
  ) {
    (self.name, self.method, self.settings) = (name, method, settings)
    (self.family, self.beta) = (family, beta)
  }
}

extension ExperimentSpecification {
  /// What a report says of the experiment besides its numbers.
  ///
  /// - Parameters:
  ///   - known: The task, where it is there already; a user's pairs need not be read again.
  ///   - command: The command that makes the results.
  /// - Returns: The facts.
  /// - Throws: What is wrong with the task's files, where the vocabulary has to be read off them.
  package func facts(
    task known: (any PreferenceTask)? = nil, command: String
  ) throws -> SpecificationFacts {
    let vocabulary = try model.vocabularySize ?? (known ?? makeTask(task)).tokenizer.vocabularySize
    let model = model.configuration(vocabularySize: vocabulary)
    return SpecificationFacts(
      question: name, title: title.isEmpty ? name : title, expectation: expectation,
      task: task.name.rawValue, model: self.model.name, parameterCount: model.parameterCount,
      seeds: seeds.values, beta: beta,
      arms: try arms.map {
        ArmFacts(
          name: $0.name, method: $0.method.name, settings: try $0.settingsText(),
          family: $0.family, beta: $0.beta)
      }, command: command, judge: task.pairs.map(\.judge) ?? .gold,
      annotatorTemperature: data.annotator.temperature,
      path: evaluation.pathPoints.map {
        PathFacts(points: $0, prompts: evaluation.promptsOfPath)
      }, equivalenceMargin: equivalenceMargin)
  }
}

extension ArmSpecification {
  /// The strength of the pull towards the reference that the arm's method was given.
  fileprivate var beta: Double? {
    switch method {
    case .ppo(let settings, _): settings.klPenalty
    case .dpo(let settings): settings.beta
    case .bestOfN, .exactAscent: nil
    }
  }

  /// The settings that differ from the documented defaults, as `key value, key value`.
  func settingsText() throws -> String {
    let changed =
      switch method {
      case .ppo(let settings, let reward):
        ["reward \(reward.rawValue)"] + (rewardOffset.map { ["reward_offset \($0)"] } ?? [])
          + (fault.map { ["gallery_fault \($0.rawValue)"] } ?? [])
          + (try differences(settings, from: PPOConfiguration()))
      case .dpo(let settings): try differences(settings, from: DPOConfiguration())
      case .bestOfN(let settings):
        ["n \(settings.n.map(String.init).joined(separator: ", "))"]
      case .exactAscent(let settings): try differences(settings, from: ExactAscentConfiguration())
      }
    return changed.isEmpty ? "defaults" : changed.joined(separator: ", ")
  }
}

/// The keys whose values differ between two values of a type, with the first one's values.
private func differences<T: Encodable>(_ value: T, from defaults: T) throws -> [String] {
  let (own, other) = (try fields(of: value), try fields(of: defaults))
  return own.keys.sorted().filter { own[$0] != other[$0] }.map { "\($0) \(own[$0] ?? "none")" }
}

/// The top-level fields of a value as text.
private func fields(of value: some Encodable) throws -> [String: String] {
  let object = try JSONDecoder().decode([String: JSONText].self, from: try encodeRecord(value))
  return object.mapValues(\.text)
}

/// A JSON scalar as text.
private struct JSONText: Decodable {
  var text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let flag = try? value.decode(Bool.self) {
      text = "\(flag)"
    } else if let whole = try? value.decode(Int.self) {
      text = "\(whole)"
    } else if let number = try? value.decode(Double.self) {
      text = "\(number)"
    } else if let members = try? value.decode([String: JSONText].self) {
      let pairs = members.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
      text = "(" + pairs.joined(separator: ", ") + ")"
    } else {
      text = (try? value.decode(String.self)) ?? "…"
    }
  }
}
