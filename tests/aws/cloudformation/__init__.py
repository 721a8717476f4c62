"""A CloudFormation in the test's process: change sets, stacks and resources as AWS documents them.

SOURCES.md, beside this file, names the document or report that each behaviour is from. A test uses it so:

    def test_something(cloud: Cloud) -> None:               # the fixture of tests/conftest.py
        url = cloud.publish(root, {"Data": layer})          # as if uploaded to a bucket
        client = cloud.client()                             # a boto3 client; no call leaves the process
        client.create_change_set(StackName="payments-dev", TemplateURL=url, ...)
        cloud.run()                                         # finish what is under way

Operations advance by one step whenever the code under test waits, for the fixture replaces the clock of
pipeline/change/waiting.py by the cloud's; `cloud.turn()` and `cloud.run()` do so by hand. A resource fails
where a test says `cloud.fail("CREATE", "Data.Database", "no capacity")`; `cloud.stack("payments-dev")` is the
state to look at, `cloud.calls` are the calls that were made, and `cloud.leftovers()` is what no stack owns.
"""
