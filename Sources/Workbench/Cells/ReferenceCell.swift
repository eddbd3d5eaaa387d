import Datasets
import Evaluation
import Foundation
import LanguageModel
import Optimizers
import SupervisedFineTuning
import Tasks
import Tokenization
import Training

extension SeedWork {
  /// Makes the model that all arms of the seed start from: a checkpoint as it is, or a trained one.
  func makeReference(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    guard let place = specification.checkpoint else {
      return try trainReference(from: nil, into: folder, report: report)
    }
    let model = try ModelFolder(place).policy()
    guard specification.model.isTuned != false else {
      return try trainReference(from: model, into: folder, report: report)
    }
    let expected = specification.model.configuration(
      vocabularySize: task.tokenizer.vocabularySize)
    // A user's model is what it is: its sizes were read off it.
    guard model.configuration == expected || task.labelledPairs != nil else {
      throw SpecificationError.contradiction(
        "its sizes are not those of the specification's model",
        at: SourceLocation(file: place.path))
    }
    try writeReference(model, record(arm: "sft", method: "pretrained"), into: folder)
  }

  /// Fine-tunes a model on demonstrations: the given one, or one of random weights.
  private func trainReference(
    from start: Transformer<Float>?, into folder: URL,
    report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let seed = randomness("sft")
    let demonstrations = task.demonstrations(
      count: specification.data.demonstrations, seed: seed.derived("demonstrations"))
    var generator = seed.generator(for: "model.initialization")
    var model =
      start
      ?? Transformer<Float>(
        configuration: specification.model.configuration(
          vocabularySize: task.tokenizer.vocabularySize),
        using: &generator)
    var record = record(arm: "sft", method: "sft")
    var log = try MetricsLog(folder)
    let total = specification.sft.maximumSteps
    try keepingInterrupted(in: folder) {
      record.outcome = try fineTune(
        &model, on: demonstrations, configuration: specification.sft, seed: seed,
        workers: workers
      ) { step, _, metrics in
        try Task.checkCancellation()
        record.training.append(try log.add(step, metrics.logged))
        record.cost = metrics.cost
        report(step, total, "loss \(brief(metrics.loss))")
      }
    } write: {
      try $0.write(model, tokenizer: task.tokenizer)
    }
    try writeReference(model, record, into: folder)
  }

  private func writeReference(
    _ model: Transformer<Float>, _ record: CellRecord, into folder: URL
  ) throws {
    var record = record
    let checkpoint = ModelFolder(folder.appending(path: checkpointName))
    try checkpoint.write(model, tokenizer: task.tokenizer)
    record.dataNotes = task.labelledPairs?.notes
    record.dataHashes["reference"] = try sha256(ofFile: checkpoint.weights)
    try record.write(to: folder)
  }
}
