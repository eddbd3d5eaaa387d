import Datasets
import Evaluation
import Foundation
import LanguageModel
import Tasks
import Tokenization

extension SeedWork {
  /// Samples completions from the reference, labels pairs of them, and draws evaluation prompts; a
  /// user's own pairs are there already.
  func drawData(into folder: URL) throws {
    if let given = task.labelledPairs { return try writeData(given, into: folder) }
    let reference = try referenceFolder.policy()
    let files = DataFiles(folder: folder)
    let settings = specification.data
    for (file, split, count) in [
      (files.train, Split.train, settings.pairs), (files.test, .test, settings.testPairs),
    ] {
      try Task.checkCancellation()
      let name = split.rawValue
      let prompts = task.prompts(
        count: (count + settings.pairsPerPrompt - 1) / settings.pairsPerPrompt, split: split,
        seed: randomness("prompts." + name))
      let sampled = samplePreferencePairs(
        reference: reference, task: task, prompts: prompts,
        completionsPerPrompt: settings.completionsPerPrompt, annotator: annotator,
        seed: randomness("completions." + name), workers: workers)
      let pairs = sampled.pairs.prefix(count).map(\.pair)
      try writePairs(pairs, tokenizer: task.tokenizer, to: file)
    }
    let prompts = task.prompts(
      count: specification.evaluation.prompts, split: specification.evaluation.split,
      seed: randomness("prompts.evaluation"))
    try writePrompts(prompts, tokenizer: task.tokenizer, to: files.prompts)
  }

  /// Writes a user's pairs in their parts; what is held out gives the prompts of the evaluation.
  private func writeData(_ given: LabelledPairs, into folder: URL) throws {
    let files = DataFiles(folder: folder)
    let parts = [(given.train, files.train), (given.test, files.test)]
    for (pairs, file) in parts + (given.referee.isEmpty ? [] : [(given.referee, files.referee)]) {
      try writePairs(pairs, tokenizer: task.tokenizer, to: file)
    }
    let prompts = task.prompts(
      count: specification.evaluation.prompts, split: .test, seed: randomness("prompts.evaluation"))
    try writePrompts(prompts, tokenizer: task.tokenizer, to: files.prompts)
  }
}
