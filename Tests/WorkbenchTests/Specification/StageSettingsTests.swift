import DPO
import Foundation
import TestSupport
import Testing
import Workbench

@Suite struct StageSettingsTests {
  @Test func wordsWinOverTheFileAndTheFileOverTheDefaults() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "dpo.yaml")
    try Data("beta: 0.3\nlearning_rate: 1e-4\n".utf8).write(to: file)
    let settings = try DPOConfiguration(file: file, overrides: ["beta=0.5"])
    #expect(settings.beta == 0.5)
    #expect(settings.learningRate == 1e-4)
    #expect(settings.epochs == DPOConfiguration().epochs)
  }

  @Test func unknownWordIsRefusedAsOnTheCommandLine() {
    let error = #expect(throws: SpecificationError.self) {
      try DPOConfiguration(file: nil, overrides: ["epochs=3", "bta=1"])
    }
    guard case .unknownKey(_, _, _, let place)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(place.file == "command line")
  }

  @Test(arguments: [["beta=0"], ["beta=-1"], ["num_train_epochs=0"]])
  func valueOutOfRangeIsRefused(words: [String]) {
    let error = #expect(throws: SpecificationError.self) {
      try DPOConfiguration(file: nil, overrides: words)
    }
    guard case .outOfRange? = error else {
      Issue.record("\(words) gave \(String(describing: error))")
      return
    }
  }

  @Test func wordWithoutAnEqualsSignIsRefused() {
    let error = #expect(throws: SpecificationError.self) {
      try DPOConfiguration(file: nil, overrides: ["beta"])
    }
    #expect(error.map { "\($0)" }?.contains("key=value") == true)
  }

  @Test func missingFileIsMissingInput() {
    #expect(throws: MissingInput.self) {
      try DPOConfiguration(file: URL(filePath: "/nowhere.yaml"), overrides: [])
    }
  }
}
