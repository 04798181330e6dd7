"""Number of threads while features are computed."""

from threadpoolctl import threadpool_info

from featser.features import on_one_thread


def test_blas_is_limited_to_one_thread_and_restored() -> None:
    before = threadpool_info()
    with on_one_thread():
        during = threadpool_info()
    blas = [each["num_threads"] for each in during if each["user_api"] == "blas"]
    assert blas
    assert set(blas) == {1}
    assert threadpool_info() == before
